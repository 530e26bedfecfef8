import { parsingError } from './error.ts';
import { cut, jsonType } from './json.ts';

/** How many of `count` optional clauses must match. */
export type MinimumShouldMatch = (count: number) => number;

/** Parses `minimum_should_match`: `2`, `-1`, `75%`, `-25%`, or conditions such as `2<75% 9<-3` (Lucene's rules). */
export function minimumShouldMatch(value: unknown): MinimumShouldMatch {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return single(String(value));
  if (typeof value !== 'string') {
    throw parsingError(`[minimum_should_match] must be a number or a string, but is ${jsonType(value)}`);
  }
  const spec = value
    .trim()
    .slice(0, 1000)
    .replaceAll(/\s*<\s*/g, '<');
  if (!spec.includes('<')) return single(spec);
  const conditions = spec.split(/\s+/).map((part) => {
    const [, bound, rule] = /^(\d{1,9})<(.+)$/.exec(part) ?? [];
    if (bound === undefined || rule === undefined) throw malformed(part);
    return { bound: Number(bound), rule: single(rule) };
  });
  return (count) => {
    const last = conditions.findLast(({ bound }) => count > bound);
    return last === undefined ? count : last.rule(count);
  };
}

function single(spec: string): MinimumShouldMatch {
  const [, digits, percent] = /^([+-]?\d{1,9})(%?)$/.exec(spec) ?? [];
  if (digits === undefined) throw malformed(spec);
  const number = Number(digits);
  return (count) => {
    const wanted = percent === '%' ? Math.trunc((count * number) / 100) : number;
    const required = number < 0 ? count + wanted : wanted;
    return Math.max(0, required);
  };
}

function malformed(spec: string): Error {
  return parsingError(`[minimum_should_match] does not understand [${cut(spec)}]`);
}
