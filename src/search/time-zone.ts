import { cut } from './json.ts';
import { illegalArgument } from './error.ts';

/** Turns local time (ms since 1970-01-01T00:00 on that zone's clocks) into UTC and back. */
export interface TimeZone {
  toUtc(local: number): number;
  toLocal(utc: number): number;
}

const MINUTE = 60_000;

function fixed(offset: number): TimeZone {
  return { toUtc: (local) => local - offset, toLocal: (utc) => utc + offset };
}

export const UTC: TimeZone = fixed(0);

const known = new Map<string, TimeZone>();

/** Zone of `+02:00`, `-0530`, `Z`, `UTC` or an IANA name; throws a 400 for anything else. */
export function timeZone(text: string): TimeZone {
  const offset = parseOffset(text);
  if (offset !== undefined) return fixed(offset);
  const cached = known.get(text);
  if (cached !== undefined) return cached;
  const zone = named(text);
  // The names are those of the tz database, so the map stays small.
  known.set(text, zone);
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
    const parts = new Map(format.formatToParts(utc).map(({ type, value }) => [type, Number(value)]));
    const at = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
    const seconds = Date.UTC(at('year'), at('month') - 1, at('day'), at('hour'), at('minute'), at('second'));
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
