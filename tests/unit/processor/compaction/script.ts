import {
  batchesOf,
  type Codecs,
  decodeRecords,
  readMarker,
  type RecordInput,
} from '../../../../protocol/records/index.ts';
import { record } from './batches.ts';

/** One line of a script of `tests/golden/compaction`. */
export type Step =
  | {
      readonly kind: 'append';
      readonly producer: string | undefined;
      readonly transaction: boolean;
      readonly records: readonly RecordInput[];
    }
  | { readonly kind: 'end'; readonly producer: string; readonly commit: boolean }
  | { readonly kind: 'expire' }
  | { readonly kind: 'clean' };

/** Lines that are a script, and not what came of it. */
export const scriptLines = (text: string): string[] =>
  text.split('\n').filter((line) => line !== '' && !line.startsWith('  '));

/** Reads a line; undefined for a comment. `time` is that of the records. */
export function parseStep(line: string, time: number): Step | undefined {
  if (line.startsWith('#')) return undefined;
  const [verb = '', ...rest] = line.split(' ');
  const records = (texts: readonly string[]) => texts.map((text) => record(text, time));
  if (verb === 'plain') return { kind: 'append', producer: undefined, transaction: false, records: records(rest) };
  const [producer = '', ...texts] = rest;
  if (verb === 'idempotent' || verb === 'transaction')
    return { kind: 'append', producer, transaction: verb === 'transaction', records: records(texts) };
  if (verb === 'commit' || verb === 'abort') return { kind: 'end', producer, commit: verb === 'commit' };
  if (verb === 'expire' || verb === 'clean') return { kind: verb };
  throw new Error(`unknown step '${line}'`);
}

/** The record that begins the segment after each cleaning. */
export const rollRecord = (round: number): string => `roller=${round}`;

/** The batches of a log as lines: range, what the header says, records. `nameOf` names producers. */
export function describeBatches(bytes: Uint8Array, nameOf: (id: number) => string, codecs: Codecs): string[] {
  const lines: string[] = [];
  for (const header of batchesOf(bytes)) {
    const words = [`  ${header.baseOffset}..${header.lastOffset}`];
    if (header.producerId >= 0) words.push(`${nameOf(header.producerId)}/${header.producerEpoch}`);
    if (header.baseSequence >= 0) words.push(`sequence ${header.baseSequence}`);
    if (header.isTransactional) words.push('transactional');
    if (header.isControl) words.push('control');
    if (header.hasDeleteHorizon) words.push('horizon');
    const records: string[] = [];
    decodeRecords(bytes.subarray(header.position), codecs, 1e6, ({ offset, key, value }) => {
      const text = (part: Uint8Array | null): string => (part === null ? '' : Buffer.from(part).toString());
      if (header.isControl) records.push(`${offset} ${readMarker(key, value)?.type}`);
      else records.push(`${offset} ${text(key)}${value === null ? '' : `=${text(value)}`}`);
    });
    lines.push(`${words.join(' ')}:${records.length === 0 ? ' empty' : ` ${records.join(', ')}`}`);
  }
  return lines;
}
