import { DEFAULT_DATE_FORMAT, type DateParts, dateReaders } from './date-format.ts';
import { SearchError } from './error.ts';
import { cut } from './json.ts';
import { timeZone, type TimeZone, UTC } from './time-zone.ts';

/** How a date in a request is read. */
export interface DateOptions {
  /** ms since the epoch. */
  readonly now: number;
  /** What is missing or rounded goes to the last ms (`gt`, `lte`), else to the first. */
  readonly roundUp: boolean;
  readonly format?: string | undefined;
  /** For dates without a zone of their own, and for rounding; UTC when not given. */
  readonly timeZone?: string | undefined;
}

/**
 * ms since the epoch of a date: text in one of the formats, or date math (`now-1h/d`, `2026-01-01||+1M/d`).
 * Throws a SearchError (parse_exception's sentence) for anything else.
 */
export function parseDate(text: string, options: DateOptions): number {
  const zone = options.timeZone === undefined ? UTC : timeZone(options.timeZone);
  if (text.startsWith('now')) return applyMath(options.now, text.slice(3), text, zone, options.roundUp);
  const anchor = text.indexOf('||');
  if (anchor < 0) return readDate(text, options, zone, options.roundUp);
  const start = readDate(text.slice(0, anchor), options, zone, false);
  return applyMath(start, text.slice(anchor + 2), text, zone, options.roundUp);
}

/** True for text that only date math explains. */
export function isDateMath(text: string): boolean {
  return /^now(?:$|[+\-/])/.test(text) || text.includes('||');
}

function readDate(text: string, options: DateOptions, zone: TimeZone, roundUp: boolean): number {
  const format = options.format ?? DEFAULT_DATE_FORMAT;
  for (const read of dateReaders(format)) {
    const found = read(text);
    if (typeof found === 'number') return found;
    if (found !== undefined) return checked((found.zone ?? zone).toUtc(localTime(found, roundUp)), text);
  }
  throw invalidDate(`failed to parse date field [${cut(text)}] with format [${cut(format)}]`);
}

/** Local ms of `parts`, with what is missing set to its first or last value. */
function localTime(parts: DateParts, roundUp: boolean): number {
  const at = utcDate(parts.year, (parts.month ?? (roundUp ? 12 : 1)) - 1, 1);
  const day = parts.day ?? (roundUp ? lastDay(at) : 1);
  const end = roundUp
    ? { hour: 23, minute: 59, second: 59, millis: 999 }
    : { hour: 0, minute: 0, second: 0, millis: 0 };
  const { hour, minute, second, millis } = { ...end, ...parts };
  return at + (day - 1) * DAY + hour * HOUR + minute * MINUTE + second * SECOND + millis;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Date.UTC without its special treatment of the years 0 to 99. */
function utcDate(year: number, month: number, day: number): number {
  return new Date(0).setUTCFullYear(year, month, day);
}

function lastDay(firstOfMonth: number): number {
  const date = new Date(firstOfMonth);
  return new Date(utcDate(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
}

const OPERATION = /^(?:\/([yMwdhHms])|([+-])(\d{0,9})([yMwdhHms]))/;

function applyMath(start: number, math: string, whole: string, zone: TimeZone, roundUp: boolean): number {
  let time = start;
  let rest = math.trim();
  if (rest.length > 200) throw invalidDate(`the date math in [${cut(whole)}] is too long`);
  while (rest !== '') {
    const match = OPERATION.exec(rest);
    if (match === null) {
      throw invalidDate(`operator or unit not supported for date math [${cut(whole)}] at [${cut(rest)}]`);
    }
    const [operation, roundUnit, sign, count, unit] = match;
    if (roundUnit !== undefined) time = round(time, roundUnit, zone, roundUp);
    else time = add(time, (sign === '-' ? -1 : 1) * Number(count === '' ? 1 : count), unit ?? 's', zone);
    time = checked(time, whole);
    rest = rest.slice(operation.length);
  }
  return time;
}

function add(utc: number, count: number, unit: string, zone: TimeZone): number {
  if (unit === 'h' || unit === 'H') return utc + count * HOUR;
  if (unit === 'm') return utc + count * MINUTE;
  if (unit === 's') return utc + count * SECOND;
  return zone.toUtc(addLocal(zone.toLocal(utc), count, unit));
}

/** Days, weeks, months and years follow the zone's clocks; a day that the month lacks becomes its last. */
function addLocal(local: number, count: number, unit: string): number {
  if (unit === 'd') return local + count * DAY;
  if (unit === 'w') return local + count * 7 * DAY;
  const date = new Date(local);
  const months = unit === 'y' ? count * 12 : count;
  const first = utcDate(date.getUTCFullYear(), date.getUTCMonth() + months, 1);
  const day = Math.min(date.getUTCDate(), lastDay(first));
  return first + (day - 1) * DAY + (local - Math.floor(local / DAY) * DAY);
}

function round(utc: number, unit: string, zone: TimeZone, roundUp: boolean): number {
  const floor = floorLocal(zone.toLocal(utc), unit);
  if (!roundUp) return zone.toUtc(floor);
  const next = unit === 'h' || unit === 'H' ? floor + HOUR : unit === 'm' ? floor + MINUTE : floor + SECOND;
  return zone.toUtc('dwMy'.includes(unit) ? addLocal(floor, 1, unit) : next) - 1;
}

function floorLocal(local: number, unit: string): number {
  const date = new Date(local);
  const step = { s: SECOND, m: MINUTE, h: HOUR, H: HOUR, d: DAY }[unit];
  if (step !== undefined) return Math.floor(local / step) * step;
  if (unit === 'w') {
    const day = Math.floor(local / DAY);
    // 1970-01-01 was a Thursday; weeks begin on Monday.
    return (day - ((((day + 3) % 7) + 7) % 7)) * DAY;
  }
  return utcDate(date.getUTCFullYear(), unit === 'y' ? 0 : date.getUTCMonth(), 1);
}

function checked(time: number, text: string): number {
  if (Math.abs(time) <= 8.64e15) return time;
  throw invalidDate(`the date [${cut(text)}] is out of range`);
}

function invalidDate(reason: string): SearchError {
  return new SearchError('illegal_argument_exception', reason);
}
