import { cut } from './json.ts';
import { illegalArgument } from './error.ts';

/** Turns local time (ms since 1970-01-01T00:00 on that zone's clocks) into UTC and back. */
export interface TimeZone {
  toUtc(local: number): number;
  toLocal(utc: number): number;
}

const MINUTE = 60_000;
/** Of a date, ms since the epoch. */
const MAX_TIME = 8.64e15;

function fixed(offset: number): TimeZone {
  return { toUtc: (local) => local - offset, toLocal: (utc) => utc + offset };
}

export const UTC: TimeZone = fixed(0);

const known = new Map<string, TimeZone>();

/** Zone of `+02:00`, `-0530`, `Z`, `UTC` or an IANA name; throws a 400 for anything else. */
export function timeZone(text: string): TimeZone {
  const offset = parseOffset(text);
  if (offset !== undefined) return fixed(offset);
  const name = text.toLowerCase();
  const cached = known.get(name);
  if (cached !== undefined) return cached;
  const zone = named(text);
  // The names are those of the tz database, in whatever case, so the map stays small.
  known.set(name, zone);
  return zone;
}

/** Offset in ms of `Z`, `UTC`, `+02`, `+0200` or `+02:00`; undefined for other text. */
export function parseOffset(text: string): number | undefined {
  if (text === 'Z' || text === 'z' || text === 'UTC' || text === 'GMT') return 0;
  const match = /^([+-])(\d{1,2})(?::?(\d{2}))?$/.exec(text);
  if (match === null) return undefined;
  const minutes = Number(match[2]) * 60 + Number(match[3] ?? 0);
  if (minutes > 18 * 60) return undefined;
  return (match[1] === '-' ? -minutes : minutes) * MINUTE;
}

function named(text: string): TimeZone {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', { timeZone: text, hourCycle: 'h23', ...WHOLE });
  } catch {
    throw illegalArgument(`unknown time zone [${cut(text)}]`);
  }
  const toLocal = (utc: number): number => {
    // No clock shows what is out of the range of dates; who asks refuses it.
    if (!(Math.abs(utc) <= MAX_TIME)) return utc;
    const parts = new Map(format.formatToParts(utc).map(({ type, value }) => [type, Number(value)]));
    const at = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
    // Date.UTC takes the years 0 to 99 for 1900 to 1999.
    const seconds = new Date(Date.UTC(2000, 0, 1, at('hour'), at('minute'), at('second'))).setUTCFullYear(
      at('year'),
      at('month') - 1,
      at('day'),
    );
    return seconds + (((utc % 1000) + 1000) % 1000);
  };
  // The offset before the guess decides in the hour that a change of clocks repeats, as java.time does.
  const toUtc = (local: number): number => {
    const guess = local - (toLocal(local) - local);
    return local - (toLocal(guess) - guess);
  };
  return { toUtc, toLocal };
}

const WHOLE = {
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: 'numeric',
  minute: 'numeric',
  second: 'numeric',
} as const;
