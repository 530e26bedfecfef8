import { readFileSync } from 'node:fs';
import { type FrozenMemtable, Memtable } from '../../src/lake/index.ts';
import { payloadFile } from '../payload.ts';

/** Fields of the values that get columns of their own where a case asks for that. */
export const PROMOTED = 'level string, service string, trace string, status int';

const PARTITIONS = 6;
/** Records of one partition come in batches. */
const BATCH = 100;
/** All rows lie within one day. */
const BEGAN = Date.UTC(2026, 0, 2);

/** Log lines as rows of a topic's table: each value is another one, every tenth record has a header. */
export function frozenRows(count: number): FrozenMemtable {
  const lines = readFileSync(payloadFile(), 'utf8').trimEnd().split('\n');
  const table = new Memtable();
  const offsets = new Array<number>(PARTITIONS).fill(0);
  for (let row = 0; row < count; row++) {
    const partition = Math.floor(row / BATCH) % PARTITIONS;
    const trace = row.toString(16).padStart(16, '0');
    const value = lines[row % lines.length]!.replace(/"trace":"\w{16}"/, `"trace":"${trace}"`);
    const headers = row % 10 === 0 ? [{ key: Buffer.from('source'), value: Buffer.from(`web-${row % 40}`) }] : [];
    const key = Buffer.from(`order-${row}`);
    table.append(partition, offsets[partition]!++, BEGAN + row, 0, key, Buffer.from(value), headers);
  }
  return table.freeze();
}

/** What the producers of so many rows sent: bytes of keys, values and headers. */
export function payloadBytes(count: number): number {
  const rows = frozenRows(count);
  let bytes = 0;
  for (let row = 0; row < rows.rows; row++) bytes += rows.payloadBytes(row);
  return bytes;
}
