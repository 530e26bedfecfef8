/** Types of configs as Kafka names them; a handler turns them into its numbers. */
export type ConfigType =
  | 'boolean'
  | 'string'
  | 'int'
  | 'short'
  | 'long'
  | 'double'
  | 'list'
  | 'class'
  | 'password'
  | 'unknown';

/** A value that a config does not take. `message` says why, without the config's name. */
export class InvalidValue extends Error {
  override readonly name = 'InvalidValue';
}

/** What values a config takes. */
export interface ConfigKind {
  readonly type: ConfigType;
  /** The canonical text of a value; throws InvalidValue. */
  parse(text: string): string;
}

const INT_LIMITS = { int: [-(2n ** 31n), 2n ** 31n - 1n], long: [-(2n ** 63n), 2n ** 63n - 1n] } as const;

function parseInteger(text: string, type: 'int' | 'long'): bigint {
  const trimmed = text.trim();
  const [low, high] = INT_LIMITS[type];
  const value = /^[+-]?\d{1,20}$/.test(trimmed) ? BigInt(trimmed.replace('+', '')) : undefined;
  if (value === undefined || value < low || value > high) {
    throw new InvalidValue(`Not a number of type ${type.toUpperCase()}`);
  }
  return value;
}

function integer(type: 'int' | 'long', min: number, max: number): ConfigKind {
  return {
    type,
    parse(text) {
      const value = parseInteger(text, type);
      if (value < min) throw new InvalidValue(`Value must be at least ${min}`);
      if (value > max) throw new InvalidValue(`Value must be no more than ${max}`);
      return String(value);
    },
  };
}

/** A 32-bit integer in [min, max]. */
export const int = (min = -Infinity, max = Infinity): ConfigKind => integer('int', min, max);

/** A 64-bit integer of at least `min`. */
export const long = (min = -Infinity): ConfigKind => integer('long', min, Infinity);

/** A 32-bit integer in [min, max], or one value outside of it. */
export function intOr(other: number, min: number, max: number): ConfigKind {
  return {
    type: 'int',
    parse(text) {
      const value = Number(parseInteger(text, 'int'));
      if (value !== other && (value < min || value > max)) {
        throw new InvalidValue(`Value must be between ${min} and ${max} or equal to ${other}`);
      }
      return String(value);
    },
  };
}

/** A floating-point number in [min, max]. */
export function double(min: number, max: number): ConfigKind {
  return {
    type: 'double',
    parse(text) {
      const value = text.trim() === '' ? Number.NaN : Number(text);
      if (Number.isNaN(value)) throw new InvalidValue('Not a number of type DOUBLE');
      if (value < min) throw new InvalidValue(`Value must be at least ${min}`);
      if (value > max) throw new InvalidValue(`Value must be no more than ${max}`);
      return Number.isInteger(value) ? `${value}.0` : String(value);
    },
  };
}

/** `true` or `false`, in any case. */
export const flag: ConfigKind = {
  type: 'boolean',
  parse(text) {
    const value = text.trim().toLowerCase();
    if (value !== 'true' && value !== 'false') throw new InvalidValue('Expected value to be either true or false');
    return value;
  },
};

/** One of some words, exactly. */
export function choice(...words: readonly string[]): ConfigKind {
  return {
    type: 'string',
    parse(text) {
      if (!words.includes(text)) throw new InvalidValue(`String must be one of: ${words.join(', ')}`);
      return text;
    },
  };
}

/** The elements of a list's text. */
export function listElements(text: string): string[] {
  return text.trim() === '' ? [] : text.split(',').map((element) => element.trim());
}

/** A list whose elements, and whose text as a whole, must pass `check`, which returns what is wrong. */
export function list(check: (elements: readonly string[]) => string | undefined): ConfigKind {
  return {
    type: 'list',
    parse(text) {
      const elements = [...new Set(listElements(text))];
      const wrong = check(elements);
      if (wrong !== undefined) throw new InvalidValue(wrong);
      return elements.join(',');
    },
  };
}

/** A list of some words. */
export function listOf(...words: readonly string[]): ConfigKind {
  const wrong = `String must be one of: ${words.join(', ')}`;
  return list((elements) => (elements.every((element) => words.includes(element)) ? undefined : wrong));
}

/** Any text. */
export const anyText: ConfigKind = { type: 'string', parse: (text) => text };

/** Any list. */
export const anyList: ConfigKind = list(() => undefined);
