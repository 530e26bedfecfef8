import { expect, test } from 'vitest';
import { moduleLevels } from '../../../src/config/log-levels.ts';
import { loadSettings, SettingsError } from '../../../src/config/load.ts';

const load = (value: string) =>
  loadSettings({ flags: ['--log.levels', value], environment: {}, readFile: () => '' }).settings['log.levels'];

test('log.levels gives single modules a level', () => {
  expect([...moduleLevels(load('wal=debug, text=silent'))]).toEqual([
    ['wal', 'debug'],
    ['text', 'silent'],
  ]);
});

test.each(['wal', 'wal=loud', '=debug', 'wal=debug,text'])('log.levels refuses %s', (value) => {
  expect(() => load(value)).toThrow(SettingsError);
});
