/** From the one that says most to the one that says nothing. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** The logger that the others follow. */
export const ROOT_LOGGER = 'root';

/** Levels by module, to be changed while the program runs. */
export interface LogLevels {
  /** Modules that have a logger, and ROOT_LOGGER, with the level that holds. */
  all(): ReadonlyMap<string, LogLevel>;
  /** Sets the level of a module; undefined lets it follow the root again. Modules that have no logger are passed over. */
  set(module: string, level: LogLevel | undefined): void;
  /** The levels as other threads follow them: to be handed to `threadLogger`. */
  readonly shared: SharedArrayBuffer;
}

/** What has a level: a pino logger. */
interface Leveled {
  level: string;
}

interface LevelTable {
  readonly root: LogLevel;
  /** Of the modules that do not follow the root. */
  readonly modules: Readonly<Record<string, LogLevel>>;
}

const SHARED_BYTES = 16 * 1024;
/** A counter, odd while the table is being written; then the length of the table as JSON. */
const HEADER_BYTES = 8;

/** The levels of one thread's loggers. The thread that made them writes them into shared memory, others read them there. */
export class SharedLogLevels implements LogLevels {
  readonly shared: SharedArrayBuffer;
  readonly #header: Int32Array;
  readonly #text: Uint8Array;
  readonly #loggers = new Map<string, Leveled[]>();
  #table: LevelTable = { root: 'info', modules: {} };
  #seen = 0;

  private constructor(shared: SharedArrayBuffer) {
    this.shared = shared;
    this.#header = new Int32Array(shared, 0, 2);
    this.#text = new Uint8Array(shared, HEADER_BYTES);
  }

  /** Levels that this thread sets. Modules need not have a logger yet. Throws RangeError for more modules than have room. */
  static own(root: LogLevel, modules: ReadonlyMap<string, LogLevel>): SharedLogLevels {
    const levels = new SharedLogLevels(new SharedArrayBuffer(SHARED_BYTES));
    levels.#write({ root, modules: Object.fromEntries(modules) });
    return levels;
  }

  /** Levels that another thread sets. */
  static of(shared: SharedArrayBuffer): SharedLogLevels {
    const levels = new SharedLogLevels(shared);
    levels.follow();
    return levels;
  }

  /** Takes up a logger of a module. */
  add(module: string, logger: Leveled): void {
    logger.level = this.#levelOf(module);
    const known = this.#loggers.get(module);
    if (known === undefined) this.#loggers.set(module, [logger]);
    else known.push(logger);
  }

  all(): ReadonlyMap<string, LogLevel> {
    return new Map([...this.#loggers.keys()].map((module) => [module, this.#levelOf(module)]));
  }

  set(module: string, level: LogLevel | undefined): void {
    const { root } = this.#table;
    if (module === ROOT_LOGGER) this.#write({ ...this.#table, root: level ?? root });
    else if (this.#loggers.has(module)) {
      const { [module]: _before, ...others } = this.#table.modules;
      this.#write({ root, modules: level === undefined ? others : { ...others, [module]: level } });
    }
  }

  /** Takes over what another thread has set since. One atomic read when it has set nothing. */
  follow(): void {
    const version = Atomics.load(this.#header, 0);
    if (version === this.#seen || version % 2 === 1) return;
    // A copy: text in shared memory cannot be decoded.
    const text = new TextDecoder().decode(new Uint8Array(this.#text.subarray(0, Atomics.load(this.#header, 1))));
    // Written to meanwhile: the next line looks again.
    if (Atomics.load(this.#header, 0) !== version) return;
    this.#seen = version;
    this.#table = JSON.parse(text) as LevelTable;
    this.#apply();
  }

  #write(table: LevelTable): void {
    const bytes = new TextEncoder().encode(JSON.stringify(table));
    if (bytes.length > this.#text.length) throw new RangeError('too many modules have a log level of their own');
    Atomics.add(this.#header, 0, 1);
    this.#text.set(bytes);
    Atomics.store(this.#header, 1, bytes.length);
    this.#seen = Atomics.add(this.#header, 0, 1) + 1;
    this.#table = table;
    this.#apply();
  }

  #apply(): void {
    for (const [module, loggers] of this.#loggers) for (const logger of loggers) logger.level = this.#levelOf(module);
  }

  #levelOf(module: string): LogLevel {
    const { root, modules } = this.#table;
    return Object.hasOwn(modules, module) ? (modules[module] ?? root) : root;
  }
}
