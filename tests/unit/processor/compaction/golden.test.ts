import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { buildBatch, buildMarker } from '../../../../protocol/records/index.ts';
import { codecs } from '../../../../src/base/compression.ts';
import { crc32c } from '../../../../src/base/crc32c.ts';
import { record } from './batches.ts';
import { PackedPartition } from './pass-fixture.ts';
import { describeBatches, parseStep, rollRecord, scriptLines } from './script.ts';

const folder = join(import.meta.dirname, '..', '..', '..', 'golden', 'compaction');
const scripts = readdirSync(folder).filter((name) => name.endsWith('.txt'));

/** Runs a script over packs, with sections that become one up to so many bytes; what is left after each `clean` goes between its lines. */
async function run(script: string, groupBytes: number): Promise<string> {
  const partition = new PackedPartition();
  const names: string[] = [];
  const sequences = new Map<string, number>();
  const idOf = (name: string): number => (names.includes(name) ? names.indexOf(name) : names.push(name) - 1);
  const lines: string[] = [];
  let rounds = 0;
  for (const line of scriptLines(script)) {
    lines.push(line);
    const step = parseStep(line, 5);
    if (step?.kind === 'append') {
      const { producer, transaction, records } = step;
      const baseSequence = sequences.get(producer ?? '') ?? 0;
      if (producer !== undefined) sequences.set(producer, baseSequence + records.length);
      const identity = producer === undefined ? {} : { producerId: idOf(producer), producerEpoch: 0, baseSequence };
      const options = { ...identity, baseOffset: 0, isTransactional: transaction };
      partition.append(buildBatch(options, records, codecs, crc32c));
    } else if (step?.kind === 'end') {
      const options = { baseOffset: 0, timestamp: 5, producerId: idOf(step.producer), producerEpoch: 0 };
      const type = step.commit ? 'commit' : 'abort';
      partition.append(buildMarker(options, { type, coordinatorEpoch: 1 }, codecs, crc32c));
    } else if (step?.kind === 'expire') await partition.clock.advance(1001);
    else if (step?.kind === 'clean') {
      await partition.pack();
      const { emptied } = await partition.compact({ groupBytes });
      partition.producers.forgetAborted(emptied);
      lines.push(...describeBatches(await partition.bytes(), (id) => names[id] ?? '?', codecs));
      // Apache Kafka begins the next segment with a record.
      partition.append(buildBatch({ baseOffset: 0 }, [record(rollRecord(++rounds))], codecs, crc32c));
    }
  }
  return `${lines.join('\n')}\n`;
}

describe("compaction leaves what Apache Kafka's cleaner left", () => {
  test('there are scripts', () => expect(scripts.length).toBeGreaterThan(5));

  test.each(scripts)('%s', async (name) => {
    const expected = readFileSync(join(folder, name), 'utf8');
    // However sections are grouped, the same is left.
    for (const groupBytes of [1_000_000, 400, 1]) expect(await run(expected, groupBytes)).toBe(expected);
  });
});
