import { pino } from 'pino';

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
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** A pino logger that writes JSON lines to stderr. */
export function createLogger(level: LogLevel): Logger {
  const wrap = (inner: pino.Logger): Logger => ({
    debug: (fields, message) => inner.debug(fields, message),
    info: (fields, message) => inner.info(fields, message),
    warn: (fields, message) => inner.warn(fields, message),
    error: (fields, message) => inner.error(fields, message),
    child: (module) => wrap(inner.child({ module })),
  });
  return wrap(pino({ level, base: { pid: process.pid } }, pino.destination({ fd: 2, sync: true })));
}

/** A logger that says nothing (tests, embedded brokers). */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
};
