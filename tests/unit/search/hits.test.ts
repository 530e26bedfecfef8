import { expect, test } from 'vitest';
import { codecs } from '../../../src/base/compression.ts';
import type { TextHit } from '../../../src/fulltext/query.ts';
import { AnswerBudget } from '../../../src/search/answer-budget.ts';
import { ByteBudget } from '../../../src/search/byte-budget.ts';
import { renderHits } from '../../../src/search/hits.ts';
import type { SearchPorts } from '../../../src/search/ports.ts';
import { parseSearchRequest } from '../../../src/search/request.ts';

const topic = { name: 'logs', topicId: 'id', partitions: 1, searchable: true };
const hits = Array.from({ length: 50 }, (_, offset): TextHit => {
  return { topicId: 'id', partition: 0, offset, timestamp: 0, score: 1 };
});

test('rendering gives way to other work, and ends when nobody waits for it any more', async () => {
  // Each look at the clock takes 5 ms.
  let now = 0;
  const clock = { now: () => 0, monotonic: () => (now += 5), after: () => ({ cancel() {} }) };
  const ports = { log: { partition: () => undefined }, codecs, clock } as unknown as SearchPorts;
  const request = parseSearchRequest(new Map([['_source', 'false']]), undefined, 0);
  const budget = new AnswerBudget(1000, new ByteBudget(1000));
  const rendering = renderHits(hits, [topic], request, ports, budget);
  setImmediate(() => budget.release());
  await expect(rendering).rejects.toThrow('nobody waits for the answer any more');
  const whole = await renderHits(hits, [topic], request, ports, new AnswerBudget(1000, new ByteBudget(1000)));
  expect(whole).toHaveLength(50);
});
