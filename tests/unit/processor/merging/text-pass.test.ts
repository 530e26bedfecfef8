import { expect, test } from 'vitest';
import { buildBatch } from '../../../../protocol/records/index.ts';
import { codecs } from '../../../../src/base/compression.ts';
import { crc32c } from '../../../../src/base/crc32c.ts';
import { memoryDisk } from '../../../../src/base/disk-memory.ts';
import { silentLogger } from '../../../../src/base/logger.ts';
import { seededRandom, uuidToString } from '../../../../src/base/random.ts';
import type { SectionRow } from '../../../../src/metadata/types.ts';
import { memoryStore } from '../../../../src/objects/memory.ts';
import { Compactor } from '../../../../src/processor/compaction/compactor.ts';
import type { MergeDone, TextMergeTask } from '../../../../src/processor/merging/types.ts';
import type { SealedText } from '../../../../src/processor/text/types.ts';
import { openSegment } from '../../fulltext/oracle/sealed.ts';
import { packOf, TOPIC_A } from '../../packs/batches.ts';
import { ManualClock } from '../manual-clock.ts';

const MIB = 1024 * 1024;
const RECORDS = 160;

/** One section of 160 batches of 100 KiB, a record each, of which every fourth says when it no longer counts; and a merge of some of them. */
async function merged(task: Pick<TextMergeTask, 'from' | 'to' | 'expiry'>) {
  const clock = new ManualClock();
  const store = memoryStore(clock);
  const batches = Array.from({ length: RECORDS }, (_none, offset) => {
    const until = offset % 4 === 0 ? `"until":${1000 + offset},` : '';
    const value = Buffer.from(`{${until}"m":"${'x'.repeat(100 * 1024)}"}`);
    return buildBatch({ baseOffset: offset }, [{ timestamp: 1, key: null, value }], codecs, crc32c);
  });
  const pack = packOf([{ topicId: TOPIC_A, partition: 0, batches }]);
  await store.put('pack', pack.bytes);
  const topicId = uuidToString(TOPIC_A);
  const { indexLength: _length, indexCrc: _crc, ...facts } = pack.sections[0]!;
  const section: SectionRow = { ...facts, topicId, objectKey: 'pack', created: 0 };
  const compactor = new Compactor({
    disk: memoryDisk(),
    temporaryFolder: '/tmp',
    uploadFiles: false,
    store,
    random: seededRandom(1),
    indexBasePath: 'indexes',
    codecs,
    clock,
    logger: silentLogger,
    decompressedLimitBytes: MIB,
  });
  let texts: readonly SealedText[] = [];
  const host = {
    announce: () => Promise.resolve(),
    abandon() {},
    swapPack: () => Promise.reject(new Error('there are no packs to swap')),
    swapText({ text }: { readonly text: readonly SealedText[] }) {
      texts = text;
      return Promise.resolve();
    },
  };
  const shared = { topicId, partition: 0, sections: [section], aborted: [], maxBytesPerSecond: Number.MAX_VALUE };
  const done: MergeDone = await compactor.mergeText({ ...shared, ...task }, host);
  const [text] = texts;
  const segment = await openSegment(await store.get(text!.objectKey, { from: text!.position, length: text!.length }));
  return { done, text: text!, segment, sectionBytes: section.length };
}

test('a merge of text reads what it needs of a large section, and hardly more', async () => {
  for (const [from, to] of [
    [0, 5],
    [80, 90],
    [151, 160],
  ] as const) {
    const { done, text, sectionBytes } = await merged({ from, to });
    expect(text).toMatchObject({ baseOffset: from, lastOffset: to - 1, documents: to - from });
    expect(sectionBytes).toBeGreaterThan(15 * MIB);
    expect(done.bytesRead).toBeLessThan(4 * MIB);
  }
});

test('until when a record counts is in the merged segment too', async () => {
  const { segment } = await merged({
    from: 0,
    to: 10,
    expiry: { lifetime: undefined, expires: { kind: 'field', path: 'until' } },
  });
  const field = segment.fields.findIndex(({ name }) => name === '_kafka.expires');
  const expired = await segment.numbers(field, 'numbers', { low: 0, high: 1004 });
  expect([...(await segment.offsets(expired))]).toEqual([0, 4]);
});
