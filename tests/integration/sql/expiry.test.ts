import { blobValue, DuckDBInstance } from '@duckdb/node-api';
import { expect, test } from 'vitest';
import { recordSchema } from '../../../src/lake/index.ts';
import { expiryRule, isExpired } from '../../../src/log/record-expiry.ts';
import { columnDefinitions } from '../../../src/sql/column-types.ts';
import { countingCondition } from '../../../src/sql/expiry.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const SAID: readonly unknown[] = [
  [0, 1, 500, -1, NOW, NOW + 1, NOW - 1, 1e300, 0.5, 1e3, true, false, null, [NOW], { a: 1 }],
  ['0', '500', '-1', String(NOW), String(NOW + 1), ' 5', '5 ', '1.5', '1e3', '12345678901234567', '', 'soon', '"'],
  ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.001Z', '2026-01-01T01:00:00+01:00', '2026-01-01T00:00+00:00'],
  ['2025-12-31T23:59:59-01:00', '2026-01-01', '2026-01-01T00:00:00', '2026-13-01T00:00:00Z', '2026-01-01 00:00:00Z'],
].flatMap((group): unknown[] => group);
const RULES = [
  expiryRule('field:a.b', ''),
  expiryRule('', 'field:a.b'),
  expiryRule('header:x', ''),
  expiryRule('', "header:it's"),
  expiryRule('field:q"\\', 'header:x'),
];

interface Sample {
  readonly timestamp: number;
  readonly value: Buffer | null;
  readonly headers: readonly { readonly key: Buffer; readonly value: Buffer | null }[];
}

function samples(): Sample[] {
  const found: Sample[] = [
    { timestamp: NOW - 500, value: null, headers: [] },
    { timestamp: NOW - 500, value: Buffer.from('{"a":'), headers: [] },
    { timestamp: NOW - 500, value: Buffer.from([0x7b, 0xff]), headers: [{ key: Buffer.from('x'), value: null }] },
    { timestamp: NOW, value: Buffer.from('[1]'), headers: [{ key: Buffer.from('x'), value: Buffer.from([0xff]) }] },
  ];
  for (const said of SAID)
    for (const timestamp of [-1, 0, NOW - 500, NOW]) {
      for (const value of [{ a: { b: said } }, { 'a.b': said }, { a: 1, 'a.b': said }, { 'q"\\': said }])
        found.push({ timestamp, value: Buffer.from(JSON.stringify(value)), headers: [] });
      const header = (key: string, text: string) => ({ key: Buffer.from(key), value: Buffer.from(text) });
      for (const key of ['x', "it's"])
        found.push({ timestamp, value: null, headers: [header(key, '7'), header(key, String(said))] });
    }
  return found;
}

test('the condition over files says of every row what is said of the record', async () => {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  const schema = recordSchema();
  await connection.run(`CREATE TABLE rows (${columnDefinitions(schema)})`);
  const all = samples();
  for (const [offset, { timestamp, value, headers }] of all.entries()) {
    const list = headers.map(({ key, value: bytes }) => {
      const text = `'${key.toString().replaceAll("'", "''")}'`;
      return `{'key': ${text}, 'value': ${bytes === null ? 'NULL' : `from_hex('${bytes.toString('hex')}')`}}`;
    });
    await connection.run(
      `INSERT INTO rows VALUES (0, ${offset}, make_timestamptz(${timestamp}000), 0, NULL, $1, [${list.join(', ')}])`,
      [value === null ? null : blobValue(value)],
    );
  }
  let expired = 0;
  for (const rule of RULES) {
    const condition = countingCondition(schema, { rule: rule!, now: NOW });
    const reader = await connection.runAndReadAll(`SELECT "offset" FROM rows WHERE ${condition} ORDER BY 1`);
    const kept = reader.getRows().map(([offset]) => Number(offset));
    const expected = all.flatMap((record, offset) => (isExpired(rule, record, NOW) ? [] : [offset]));
    const wrong = all.flatMap((record, offset) => {
      if (kept.includes(offset) === expected.includes(offset)) return [];
      return [
        `${record.timestamp} ${record.value?.toString()} ${record.headers.map((one) => one.value?.toString()).join()}`,
      ];
    });
    expect(wrong, JSON.stringify(rule)).toEqual([]);
    expired += all.length - kept.length;
  }
  expect(expired).toBeGreaterThan(100);
  connection.closeSync();
  instance.closeSync();
}, 60_000);
