import { AsyncLocalStorage } from 'node:async_hooks';
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
  /** What this logger and all its children say; shared by them. */
  readonly levels: LogLevels;
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/** The logger that the others follow. */
export const ROOT_LOGGER = 'root';

/** Levels by module, to be changed while the program runs. */
export interface LogLevels {
  /** Modules that have a logger, and ROOT_LOGGER, with the level that holds. */
  all(): ReadonlyMap<string, LogLevel>;
  /** Sets the level of a module; undefined lets it follow the root again. Modules that have no logger are passed over. */
  set(module: string, level: LogLevel | undefined): void;
}

class PinoLevels implements LogLevels {
  readonly #loggers = new Map<string, pino.Logger[]>();
  readonly #own = new Map<string, LogLevel>();
  #root: LogLevel;

  constructor(root: LogLevel) {
    this.#root = root;
  }

  add(module: string, logger: pino.Logger): void {
    logger.level = this.#levelOf(module);
    const known = this.#loggers.get(module);
    if (known === undefined) this.#loggers.set(module, [logger]);
    else known.push(logger);
  }

  #levelOf(module: string): LogLevel {
    return this.#own.get(module) ?? this.#root;
  }

  all(): ReadonlyMap<string, LogLevel> {
    return new Map([...this.#loggers.keys()].map((module) => [module, this.#levelOf(module)]));
  }

  set(module: string, level: LogLevel | undefined): void {
    if (module === ROOT_LOGGER) this.#root = level ?? this.#root;
    else if (level === undefined) this.#own.delete(module);
    else if (this.#loggers.has(module)) this.#own.set(module, level);
    for (const [name, loggers] of this.#loggers) for (const logger of loggers) logger.level = this.#levelOf(name);
  }
}

const correlations = new AsyncLocalStorage<string>();

/** Runs `task`; every line that it logs, however deep, has the field `correlation`. */
export function withCorrelation<T>(correlation: string, task: () => T): T {
  return correlations.run(correlation, task);
}

function correlated(): object {
  const correlation = correlations.getStore();
  return correlation === undefined ? {} : { correlation };
}

/** A pino logger that writes JSON lines to stderr. */
export function createLogger(level: LogLevel): Logger {
  const levels = new PinoLevels(level);
  const wrap = (inner: pino.Logger, module: string): Logger => {
    levels.add(module, inner);
    return {
      debug: (fields, message) => inner.debug(fields, message),
      info: (fields, message) => inner.info(fields, message),
      warn: (fields, message) => inner.warn(fields, message),
      error: (fields, message) => inner.error(fields, message),
      child: (name) => wrap(inner.child({ module: name }), name),
      levels,
    };
  };
  const options = { level, base: { pid: process.pid }, mixin: correlated };
  return wrap(pino(options, pino.destination({ fd: 2, sync: true })), ROOT_LOGGER);
}

const NO_LEVELS: LogLevels = {
  all: () => new Map([[ROOT_LOGGER, 'silent']]),
  set() {},
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
