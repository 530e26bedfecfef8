import { AsyncLocalStorage } from 'node:async_hooks';
import { pino } from 'pino';
import { type LogLevel, type LogLevels, ROOT_LOGGER, SharedLogLevels } from './log-levels.ts';

/** Fields of a log line: plain JSON values; `err` takes an Error. */
export type LogFields = Record<string, unknown>;

/** A logger of one module. Messages are sentences; facts go into the fields. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  /** A logger that adds `module` to every line. */
  child(module: string): Logger;
  /** What this logger and all its children say; shared by them. */
  readonly levels: LogLevels;
}

const contexts = new AsyncLocalStorage<LogFields>();

/** Runs `task`; every line that it logs, however deep, has these fields beside those of the tasks around it. */
export function withLogFields<T>(fields: LogFields, task: () => T): T {
  const around = contexts.getStore();
  return contexts.run(around === undefined ? fields : { ...around, ...fields }, task);
}

/** Runs `task`; every line that it logs, however deep, has the field `correlation`. */
export function withCorrelation<T>(correlation: string, task: () => T): T {
  return withLogFields({ correlation }, task);
}

/** The fields of the task that runs now, to be handed to another thread; undefined when it has none. */
export function currentLogFields(): LogFields | undefined {
  return contexts.getStore();
}

/** A new object each time: pino writes into it. */
const mixin = (): LogFields => ({ ...contexts.getStore() });

/** Bytes of lines that wait until they can be written; what would be more is lost. */
const MAX_WAITING = 1024 * 1024;

/** Standard error. Where it cannot be written, because it is a file on a full disk, lines wait or are lost, and everything else goes on. */
function standardError() {
  const stream = pino.destination({ fd: 2, sync: true, maxLength: MAX_WAITING });
  stream.on('error', () => {});
  return stream;
}

function loggerWith(levels: SharedLogLevels): Logger {
  const wrap = (inner: pino.Logger, module: string): Logger => {
    levels.add(module, inner);
    const at = (level: 'debug' | 'info' | 'warn' | 'error') => (fields: LogFields, message: string) => {
      levels.follow();
      inner[level](fields, message);
    };
    return {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      child: (name) => wrap(inner.child({ module: name }), name),
      levels,
    };
  };
  return wrap(pino({ base: { pid: process.pid }, mixin }, standardError()), ROOT_LOGGER);
}

/** A pino logger that writes JSON lines to stderr. `modules` have levels of their own, the others follow `level`. */
export function createLogger(level: LogLevel, modules: ReadonlyMap<string, LogLevel> = new Map()): Logger {
  return loggerWith(SharedLogLevels.own(level, modules));
}

/** The same in another thread: it follows the levels of the logger whose `levels.shared` it is given. */
export function threadLogger(shared: SharedArrayBuffer): Logger {
  return loggerWith(SharedLogLevels.of(shared));
}

const NO_LEVELS: LogLevels = {
  all: () => new Map([[ROOT_LOGGER, 'silent']]),
  set() {},
  shared: SharedLogLevels.own('silent', new Map()).shared,
};

/** A logger that says nothing (tests, embedded brokers). */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
  levels: NO_LEVELS,
};
