import { illegalArgument } from './error.ts';
import { cut } from './json.ts';
import { parseOffset, timeZone, type TimeZone } from './time-zone.ts';

/** A date as written: what was not written is missing. Months count from 1. */
export interface DateParts {
  readonly year: number;
  readonly month?: number;
  readonly day?: number;
  readonly hour?: number;
  readonly minute?: number;
  readonly second?: number;
  readonly millis?: number;
  /** The zone written in the date itself. */
  readonly zone?: TimeZone;
}

/** Reads a date in one format: parts, an instant in ms since the epoch, or undefined when the text is of another format. */
export type DateReader = (text: string) => DateParts | number | undefined;

const ISO =
  /^(\d{4}|[+-]\d{5,9})(?:-(\d{1,2})(?:-(\d{1,2})(?:T(?:(\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,9}))?)?)?)?(Z|[+-]\d{2}(?::?\d{2})?)?)?)?)?$/;

function readIso(text: string): DateParts | undefined {
  const match = ISO.exec(text);
  return match === null ? undefined : partsOf(match.slice(1, 8), match[8]);
}

/** Parts of the seven texts year … fraction; undefined when one of them is out of its range. */
function partsOf(texts: readonly (string | undefined)[], zoneText: string | undefined): DateParts | undefined {
  const numbers = texts.slice(0, 6).map((text) => (text === undefined ? undefined : Number(text)));
  const [year, month, day, hour, minute, second] = numbers;
  if (year === undefined || Math.abs(year) > 200_000) return undefined;
  if (!within(month, 1, 12) || !within(day, 1, daysIn(year, month ?? 1))) return undefined;
  if (!within(hour, 0, 23) || !within(minute, 0, 59) || !within(second, 0, 59)) return undefined;
  const offset = zoneText === undefined ? undefined : parseOffset(zoneText);
  if (zoneText !== undefined && offset === undefined) return undefined;
  return {
    year,
    ...(month !== undefined && { month }),
    ...(day !== undefined && { day }),
    ...(hour !== undefined && { hour }),
    ...(minute !== undefined && { minute }),
    ...(second !== undefined && { second }),
    ...(texts[6] !== undefined && { millis: Number(texts[6].padEnd(3, '0').slice(0, 3)) }),
    ...(zoneText !== undefined && { zone: timeZone(zoneText) }),
  };
}

function within(value: number | undefined, min: number, max: number): boolean {
  return value === undefined || (value >= min && value <= max);
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

function readEpoch(factor: number): DateReader {
  return (text) => {
    if (!/^-?\d{1,16}(\.\d{1,9})?$/.test(text)) return undefined;
    const millis = Math.floor(Number(text) * factor);
    return Math.abs(millis) <= 8.64e15 ? millis : undefined;
  };
}

const PATTERNS: Readonly<Record<string, string>> = {
  basic_date: 'yyyyMMdd',
  basic_date_time: "yyyyMMdd'T'HHmmss.SSSXX",
  basic_date_time_no_millis: "yyyyMMdd'T'HHmmssXX",
  date: 'yyyy-MM-dd',
  date_hour: "yyyy-MM-dd'T'HH",
  date_hour_minute: "yyyy-MM-dd'T'HH:mm",
  date_hour_minute_second: "yyyy-MM-dd'T'HH:mm:ss",
  date_hour_minute_second_millis: "yyyy-MM-dd'T'HH:mm:ss.SSS",
  date_time: "yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
  date_time_no_millis: "yyyy-MM-dd'T'HH:mm:ssXXX",
  year: 'yyyy',
  year_month: 'yyyy-MM',
  year_month_day: 'yyyy-MM-dd',
};

const FIELD_OF: Readonly<Record<string, number>> = { y: 0, u: 0, M: 1, d: 2, H: 3, m: 4, s: 5, S: 6 };

/** Compiles a pattern of java.time letters (y u M d H m s S X x Z, quotes, literals). Every letter matches digits of bounded count. */
function readPattern(pattern: string): DateReader {
  const order: number[] = [];
  let source = '';
  // A text that fits in no way would be split in every way there is if a part of it stood twice.
  const once = (part: number, letter: string): void => {
    if (order.includes(part)) throw invalidFormat(pattern, `'${letter}' occurs twice`);
    order.push(part);
  };
  for (const [token] of pattern.matchAll(/'(?:[^']|'')*'|([A-Za-z])\1*|[^A-Za-z']+|'/g)) {
    const letter = token[0] ?? '';
    const field = FIELD_OF[letter];
    if (letter === "'") source += literal(token === "''" ? "'" : token.slice(1, -1).replaceAll("''", "'"));
    else if (field !== undefined) {
      once(field, letter);
      source +=
        field === 0 ? '([+-]?\\d{4})' : token.length === 1 ? '(\\d{1,2})' : `(\\d{${Math.min(token.length, 9)}})`;
    } else if (letter === 'X' || letter === 'x' || letter === 'Z') {
      once(7, letter);
      source += '(Z|[+-]\\d{2}(?::?\\d{2})?)';
    } else if (/[A-Za-z]/.test(letter)) throw invalidFormat(pattern, `unknown pattern letter '${letter}'`);
    else source += literal(token);
  }
  if (!order.includes(0)) throw invalidFormat(pattern, 'it has no year');
  const expression = new RegExp(`^${source}$`);
  return (text) => {
    const match = text.length > 100 ? null : expression.exec(text);
    if (match === null) return undefined;
    const texts: (string | undefined)[] = new Array<undefined>(7).fill(undefined);
    let zone: string | undefined;
    for (const [index, field] of order.entries()) {
      if (field === 7) zone = match[index + 1];
      else texts[field] = match[index + 1];
    }
    return partsOf(texts, zone);
  };
}

function literal(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

function invalidFormat(format: string, reason: string): Error {
  return illegalArgument(`Invalid format: [${cut(format)}]: ${reason}`);
}

function readerOf(name: string): DateReader {
  const plain = name.startsWith('strict_') ? name.slice('strict_'.length) : name;
  if (plain === 'date_optional_time' || plain === 'date_optional_time_nanos') return readIso;
  if (plain === 'epoch_millis') return readEpoch(1);
  if (plain === 'epoch_second') return readEpoch(1000);
  return readPattern(Object.hasOwn(PATTERNS, plain) ? (PATTERNS[plain] ?? name) : name);
}

/** The formats of a `format` parameter, tried one after another; `||` stands between them. Throws a 400 for an unknown one. */
export function dateReaders(format: string): readonly DateReader[] {
  if (format.length > 500) throw invalidFormat(format, 'it is too long');
  return format.split('||').map((name) => readerOf(name.trim()));
}

/** What a date is read with when nothing else is said (Elasticsearch's default for date fields). */
export const DEFAULT_DATE_FORMAT = 'strict_date_optional_time||epoch_millis';
