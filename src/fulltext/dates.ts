const DIGIT_0 = 0x30;
const DASH = 0x2d;
const COLON = 0x3a;

/**
 * Milliseconds since the epoch of an ISO 8601 date or date-time in bytes [from, to): `2024-05-01`, `2024-05-01T10:00:00.123Z`, with a space
 * for the `T`, any number of fraction digits, an offset `±hh:mm`, `±hhmm` or none (UTC). NaN when it is none of these.
 */
export function parseDateBytes(bytes: Uint8Array, from: number, to: number): number {
  if (to - from < 10 || bytes[from + 4] !== DASH || bytes[from + 7] !== DASH) return Number.NaN;
  const year = digits(bytes, from, 4);
  const month = digits(bytes, from + 5, 2);
  const day = digits(bytes, from + 8, 2);
  if (year < 0 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return Number.NaN;
  const date = daysSinceEpoch(year, month, day) * 86_400_000;
  if (to - from === 10) return date;
  const separator = bytes[from + 10];
  if (separator !== 0x54 && separator !== 0x20) return Number.NaN;
  return date + timeOfDay(bytes, from + 11, to);
}

function daysIn(year: number, month: number): number {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  return isLeap(year) ? 29 : 28;
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/** Days from 1970-01-01 in the Gregorian calendar; the year is counted from March, so that the leap day ends it. */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const y = month > 2 ? year : year - 1;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function timeOfDay(bytes: Uint8Array, from: number, to: number): number {
  const hour = digits(bytes, from, 2);
  const minute = bytes[from + 2] === COLON ? digits(bytes, from + 3, 2) : -1;
  if (to - from < 5 || hour < 0 || hour > 23 || minute < 0 || minute > 59) return Number.NaN;
  let ms = (hour * 60 + minute) * 60_000;
  let at = from + 5;
  if (at < to && bytes[at] === COLON) {
    const second = digits(bytes, at + 1, 2);
    if (at + 3 > to || second < 0 || second > 60) return Number.NaN;
    ms += second * 1000;
    at += 3;
    if (at < to && (bytes[at] === 0x2e || bytes[at] === 0x2c)) {
      const start = ++at;
      let unit = 100;
      for (; at < to && isDigit(bytes[at]!); at++, unit /= 10) if (unit >= 1) ms += (bytes[at]! - DIGIT_0) * unit;
      if (at === start) return Number.NaN;
    }
  }
  return ms - zone(bytes, at, to);
}

/** Milliseconds of a zone offset; none is UTC. */
function zone(bytes: Uint8Array, at: number, to: number): number {
  if (at === to) return 0;
  const sign = bytes[at];
  if (sign === 0x5a) return at + 1 === to ? 0 : Number.NaN;
  if (sign !== 0x2b && sign !== DASH) return Number.NaN;
  const hour = digits(bytes, at + 1, 2);
  const minuteAt = bytes[at + 3] === COLON ? at + 4 : at + 3;
  const minute = minuteAt === to && minuteAt === at + 3 ? 0 : digits(bytes, minuteAt, 2);
  const end = minuteAt === to ? to : minuteAt + 2;
  if (end !== to || hour < 0 || hour > 18 || minute < 0 || minute > 59) return Number.NaN;
  return (sign === DASH ? -1 : 1) * (hour * 60 + minute) * 60_000;
}

/** The number in `count` digits, -1 when one is no digit. */
function digits(bytes: Uint8Array, from: number, count: number): number {
  let value = 0;
  for (let i = from; i < from + count; i++) {
    const byte = bytes[i] ?? 0;
    if (!isDigit(byte)) return -1;
    value = value * 10 + (byte - DIGIT_0);
  }
  return value;
}

function isDigit(byte: number): boolean {
  return byte >= DIGIT_0 && byte <= 0x39;
}
