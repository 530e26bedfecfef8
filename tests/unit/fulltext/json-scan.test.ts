import { isUtf8 } from 'node:buffer';
import { expect, test } from 'vitest';
import { below, type Random, seededRandom } from '../../../src/base/random.ts';
import { sourceOf } from '../../../src/fulltext/document.ts';
import { FieldTable } from '../../../src/fulltext/field-table.ts';
import { JsonScanner, type JsonSink } from '../../../src/fulltext/json-scan.ts';

/** Scans like the index does; undefined when the scanner refuses. */
function scan(value: Uint8Array): [string, unknown][] | undefined {
  const fields = new FieldTable(5);
  const leaves: [string, unknown][] = [];
  const name = (node: number): string => fields.names[fields.fieldOf[node]!]!;
  const sink: JsonSink = {
    string: (node, bytes, from, to) =>
      void leaves.push([name(node), Buffer.from(bytes.subarray(from, to)).toString('utf8')]),
    number: (node, number) => void leaves.push([name(node), number]),
    boolean: (node, flag) => void leaves.push([name(node), flag]),
  };
  return new JsonScanner(fields, sink).scan(value, 0, value.length) ? leaves : undefined;
}

/** The leaves of what `_source` shows of the value; undefined when it is text. */
function expected(value: Uint8Array): [string, unknown][] | undefined {
  const {
    _kafka,
    '@timestamp': _time,
    ...fields
  } = sourceOf({ offset: 0, timestamp: 0, key: null, value, headers: [] }, 0);
  if (fields['message'] === Buffer.from(value).toString('utf8')) return undefined;
  const leaves: [string, unknown][] = [];
  const walk = (path: string | undefined, item: unknown): void => {
    if (Array.isArray(item)) for (const one of item) walk(path, one);
    else if (typeof item === 'object' && item !== null) {
      const raw = (item as { rawJSON?: string }).rawJSON;
      if (raw !== undefined) leaves.push([path!, Number(raw)]);
      else for (const [key, one] of Object.entries(item)) walk(path === undefined ? key : `${path}.${key}`, one);
    } else if (typeof item === 'string') leaves.push([path!, item.toWellFormed()]);
    else if (item !== null) leaves.push([path!, item]);
  };
  walk(undefined, fields);
  return leaves;
}

function randomJson(random: Random, depth: number): string {
  const kind = below(random, depth === 0 ? 7 : 9);
  if (kind === 7)
    return `[${Array.from({ length: below(random, 4) }, () => randomJson(random, depth - 1)).join(' , ')}]`;
  if (kind === 8) return randomObject(random, depth - 1);
  const strings = ['""', '"a"', '"\\u00e9\\n\\/"', '"\\ud83d\\ude00"', '"\\ud800"', '"é\\"x"', '"2024-05-01"'];
  const numbers = ['0', '-0', '1', '-12.5', '1e3', '1E-2', '123456789012345678901', '0.1', '1e999', '9007199254740993'];
  return [
    strings[below(random, strings.length)]!,
    numbers[below(random, numbers.length)]!,
    'true',
    'false',
    'null',
    strings[below(random, strings.length)]!,
    String(below(random, 1e9) / 8),
  ][kind]!;
}

function randomObject(random: Random, depth: number): string {
  const names = ['a', 'b', 'c.d', '@timestamp', '_kafka', '_original', '', 'é', 'k\\u0041', '__proto__'];
  // No name twice: JSON.parse keeps the last value only.
  const start = below(random, names.length);
  const members = Array.from({ length: below(random, 4) }, (_, i) => {
    return `"${names[(start + i) % names.length]!}" : ${randomJson(random, depth)}`;
  });
  return `{ ${members.join(' ,')}\n}`;
}

function mutated(text: string, random: Random): Uint8Array {
  const bytes = Buffer.from(text);
  for (let count = below(random, 3); count > 0; count--) {
    const parts = '{}[]",:\\01ue. -\t\u0001';
    bytes[below(random, bytes.length)] = parts.charCodeAt(below(random, parts.length));
  }
  return below(random, 8) === 0 ? bytes.subarray(0, below(random, bytes.length)) : bytes;
}

test('the scanner takes exactly the JSON objects that JSON.parse takes, and sees the same leaves', () => {
  const random = seededRandom(3);
  let accepted = 0;
  for (let round = 0; round < 6000; round++) {
    const value = mutated(` ${randomObject(random, 3)} `, random);
    if (!isUtf8(value)) continue;
    const names =
      Buffer.from(value)
        .toString('utf8')
        .match(/"[^"]*" *:/g) ?? [];
    if (new Set(names).size < names.length) continue; // A mutation made two names equal.
    const found = scan(value);
    if (found !== undefined) accepted++;
    const text = Buffer.from(value).toString('utf8');
    expect({ text, leaves: sorted(found) }).toEqual({ text, leaves: sorted(expected(value)) });
  }
  expect(accepted).toBeGreaterThan(1000);
});

/** By name: an object's names that are integers come first when JSON.parse made it. */
function sorted(leaves: [string, unknown][] | undefined): [string, unknown][] | undefined {
  return leaves?.sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
}

test.each([
  ['64 levels', `${'{"a":'.repeat(64)}1${'}'.repeat(64)}`, true],
  ['65 levels', `${'{"a":'.repeat(65)}1${'}'.repeat(65)}`, false],
  ['a bomb of brackets', `{"a":${'['.repeat(100_000)}`, false],
  ['1,001 names', JSON.stringify(Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`f${i}`, 1]))), false],
  ['a name of 1,025 bytes', `{"${'n'.repeat(1025)}":1}`, false],
])('a value with %s is taken as an object within the limits only', (_, text, taken) => {
  const value = Buffer.from(text);
  expect(scan(value) !== undefined).toBe(taken);
  expect(expected(value) !== undefined).toBe(taken);
});
