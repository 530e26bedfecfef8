import { expect, test } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { type TextEngine, TextService, type TextServiceParts } from '../../../src/processor/text/service.ts';

test('until records in memory are stored a new rule of when they expire leaves their topic behind', async () => {
  const stored = Promise.withResolvers<void>();
  const engine = {
    async call(name: string, spec: { indexedUpTo: SharedArrayBuffer }) {
      if (name === 'addTopic') Atomics.store(new BigInt64Array(spec.indexedUpTo), 0, 7n);
      if (name === 'expire') await stored.promise;
    },
    close: () => Promise.resolve(),
  } as unknown as TextEngine;
  const parts = {
    log: { partitionById: () => ({ logStartOffset: 0, highWatermark: 7 }) },
    watermark: { read: () => ({ segment: 0, position: 0 }) },
    logger: silentLogger,
  } as unknown as TextServiceParts;
  const text = new TextService(parts, engine);
  const topic = { topicId: 'a', partitions: 1, searched: true, isNew: true };
  await text.configure(topic);
  expect(text.indexedUpTo('a', 0)).toBe(7);
  const expiry = { lifetime: undefined, expires: { kind: 'header', name: 'until' } } as const;
  const changed = text.configure({ ...topic, isNew: false, expiry });
  expect(text.indexedUpTo('a', 0)).toBe(0);
  stored.resolve();
  await changed;
  expect(text.indexedUpTo('a', 0)).toBe(7);
});
