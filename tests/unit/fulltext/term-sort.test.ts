import { expect, test } from 'vitest';
import { below, seededRandom } from '../../../src/base/random.ts';
import { PendingTokens } from '../../../src/fulltext/pending-tokens.ts';
import { sortTerms } from '../../../src/fulltext/term-sort.ts';
import { TermTable, termHeader } from '../../../src/fulltext/term-table.ts';

test.each([
  ['words', 3000, (random: () => number) => `w${Math.floor(random() * 5000)}`],
  ['long common prefixes', 6000, (random: () => number) => `2024-05-01T10:00:${Math.floor(random() * 9000)}`],
  [
    'zero bytes and ends',
    400,
    (random: () => number) => 'ab' + '\0'.repeat(Math.floor(random() * 12)) + (random() < 0.3 ? 'c' : ''),
  ],
  [
    'bytes of all kinds',
    5000,
    (random: () => number) => String.fromCodePoint(Math.floor(random() * 0xd000), Math.floor(random() * 300)),
  ],
])('terms of %s come in the order of their bytes, then fields', async (_, count, make) => {
  const random = seededRandom(6);
  const terms = new TermTable(1);
  const tokens = new PendingTokens();
  const expected = new Map<string, { bytes: Buffer; owner: number }>();
  for (let i = 0; i < count; i++) {
    const bytes = Buffer.from(make(() => random.float()));
    const owner = below(random, 40);
    tokens.clear();
    tokens.keyword(bytes, 0, bytes.length, owner, terms.seedOf(owner));
    terms.internAll(tokens, 1, new Uint32Array(4), new Uint32Array(4));
    expected.set(`${owner}/${bytes.toString('hex')}`, { bytes, owner });
  }
  expect(terms.end - 1).toBe(expected.size);
  const ids = Uint32Array.from({ length: expected.size }, (_id, i) => i + 1);
  const starts = await sortTerms(terms, ids, () => Promise.resolve());
  const order = [...expected.values()].sort((a, b) => Buffer.compare(a.bytes, b.bytes) || a.owner - b.owner);
  const found = Array.from(starts, (start) => {
    return {
      bytes: Buffer.from(terms.arena.slice(start + termHeader, terms.endOf(start))),
      owner: terms.ownerOf(start),
    };
  });
  expect(found).toEqual(order);
  expect(Array.from(ids, (id) => terms.startOf(id))).toEqual([...starts]);
});
