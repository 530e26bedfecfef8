import { describe, expect, test } from 'vitest';
import { type LogLevel, SharedLogLevels } from '../../../src/base/log-levels.ts';

function leveled(levels: SharedLogLevels, ...modules: readonly string[]): Map<string, { level: string }> {
  return new Map(
    modules.map((module) => {
      const logger = { level: '' };
      levels.add(module, logger);
      return [module, logger];
    }),
  );
}

const shown = (loggers: ReadonlyMap<string, { level: string }>): Record<string, string> =>
  Object.fromEntries([...loggers].map(([module, { level }]) => [module, level]));

describe('log levels', () => {
  test('a module of its own level keeps it when the root changes, the others follow the root', () => {
    const levels = SharedLogLevels.own('info', new Map<string, LogLevel>([['wal', 'debug']]));
    const loggers = leveled(levels, 'root', 'wal', 'text');
    levels.set('root', 'error');
    expect(shown(loggers)).toEqual({ root: 'error', wal: 'debug', text: 'error' });
    levels.set('wal', undefined);
    expect(shown(loggers)).toEqual({ root: 'error', wal: 'error', text: 'error' });
  });

  test('a module that has no logger is passed over', () => {
    const levels = SharedLogLevels.own('info', new Map());
    leveled(levels, 'root');
    levels.set('nowhere', 'debug');
    levels.add('nowhere', { level: '' });
    expect(levels.all()).toEqual(
      new Map([
        ['root', 'info'],
        ['nowhere', 'info'],
      ]),
    );
  });

  test('loggers of another thread take over what was set before and since', () => {
    const own = SharedLogLevels.own('warn', new Map<string, LogLevel>([['tables', 'debug']]));
    leveled(own, 'root', 'tables', 'text');
    const other = SharedLogLevels.of(own.shared);
    const loggers = leveled(other, 'root', 'tables', 'text');
    expect(shown(loggers)).toEqual({ root: 'warn', tables: 'debug', text: 'warn' });
    own.set('text', 'trace');
    own.set('tables', undefined);
    expect(shown(loggers)['text']).toBe('warn');
    other.follow();
    expect(shown(loggers)).toEqual({ root: 'warn', tables: 'warn', text: 'trace' });
  });

  test('names of modules that objects have are no levels', () => {
    const levels = SharedLogLevels.own('info', new Map());
    expect(shown(leveled(levels, 'constructor'))).toEqual({ constructor: 'info' });
  });
});
