/** How the text of a setting becomes its value. */
export interface SettingType<T> {
  /** Named in messages and docs: "integer >= 0", "true or false" … */
  readonly describe: string;
  /** Throws an Error whose message says what is wanted. */
  parse(text: string): T;
}

/** One setting, declared once: everything else (flags, environment, file, docs) is derived. */
export interface Setting<T> {
  readonly type: SettingType<T>;
  readonly default: T;
  /** A sentence for people. */
  readonly doc: string;
  /** An environment variable without the QUARRY_ prefix that also sets it. */
  readonly env?: string;
}

function rejected(wanted: string, text: string): Error {
  return new Error(`expected ${wanted}, got '${text}'`);
}

/** What Kafka writes for a number without bound. Ours end at 2^53 - 1, and mean the same. */
const KAFKA_MAX = '9223372036854775807';

/** A whole number in [min, max]. */
export function integer(min: number, max: number = Number.MAX_SAFE_INTEGER): SettingType<number> {
  const describe = max === Number.MAX_SAFE_INTEGER ? `integer >= ${min}` : `integer from ${min} to ${max}`;
  return {
    describe,
    parse(text) {
      if (text.trim() === KAFKA_MAX && max === Number.MAX_SAFE_INTEGER) return max;
      const value = Number(text);
      if (text.trim() === '' || !Number.isSafeInteger(value) || value < min || value > max)
        throw rejected(describe, text);
      return value;
    },
  };
}

/** A number in [min, max]. */
export function decimal(min: number, max: number): SettingType<number> {
  const describe = `number from ${min} to ${max}`;
  return {
    describe,
    parse(text) {
      const value = Number(text);
      if (text.trim() === '' || !Number.isFinite(value) || value < min || value > max) throw rejected(describe, text);
      return value;
    },
  };
}

export const flag: SettingType<boolean> = {
  describe: 'true or false',
  parse(text) {
    if (text === 'true') return true;
    if (text === 'false') return false;
    throw rejected('true or false', text);
  },
};

/** As `inner`, or -1: without end. */
export function orEndless(inner: SettingType<number>): SettingType<number> {
  return {
    describe: `${inner.describe}, or -1`,
    parse: (value) => (value.trim() === '-1' ? -1 : inner.parse(value)),
  };
}

/** As `inner`, or empty: then another setting says what holds. */
export function optional<T>(inner: SettingType<T>): SettingType<T | ''> {
  return {
    describe: `${inner.describe}, or empty`,
    parse: (value) => (value.trim() === '' ? '' : inner.parse(value)),
  };
}

export const text: SettingType<string> = { describe: 'text', parse: (value) => value };

/** Text that says something. */
export const filled: SettingType<string> = {
  describe: 'text that is not empty',
  parse(value) {
    if (value.trim() === '') throw rejected('text that is not empty', value);
    return value;
  },
};

export const list: SettingType<readonly string[]> = {
  describe: 'comma-separated list',
  parse: (value) =>
    value
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
};

/** A list of which every entry must be good; `describe` says what an entry is. */
export function listOf(describe: string, good: (entry: string) => boolean): SettingType<readonly string[]> {
  return {
    describe: `comma-separated list of ${describe}`,
    parse(value) {
      const entries = list.parse(value);
      const bad = entries.find((entry) => !good(entry));
      if (bad !== undefined) throw rejected(describe, bad);
      return entries;
    },
  };
}

export function choice<const T extends string>(...values: readonly T[]): SettingType<T> {
  const describe = values.join(', ');
  return {
    describe,
    parse(value) {
      const found = values.find((candidate) => candidate === value);
      if (found === undefined) throw rejected(`one of ${describe}`, value);
      return found;
    },
  };
}

/** Declares a setting. */
export function setting<T>(type: SettingType<T>, value: T, doc: string, env?: string): Setting<T> {
  return env === undefined ? { type, default: value, doc } : { type, default: value, doc, env };
}
