import { expect, test } from 'vitest';
import { evaluate } from '../../../src/fulltext/evaluate.ts';
import { LiveView } from '../../../src/fulltext/live-view.ts';
import { matchPhrase } from '../../../src/fulltext/phrase.ts';
import type { Plan } from '../../../src/fulltext/plan-types.ts';
import { planQuery } from '../../../src/fulltext/plan.ts';
import { SearchTimedOut } from '../../../src/fulltext/rejected.ts';
import type { SegmentView } from '../../../src/fulltext/view.ts';
import { liveIndex, utf8 } from './oracle/sealed.ts';

const breathe = () => undefined;
const none = { must: [], should: [], mustNot: [], filter: [], minimum: 0 };

/** Parts that find something, and how many of them were looked for at once. */
class Parts {
  most = 0;
  #open = 0;

  leaf(): Plan {
    const load = async (): Promise<Uint32Array> => {
      this.most = Math.max(this.most, ++this.#open);
      await new Promise((resolve) => setImmediate(resolve));
      this.#open--;
      return Uint32Array.of(1, 2);
    };
    return { kind: 'column', score: 1, load };
  }

  /** A tree of `depth` levels with two parts in each. */
  tree(depth: number): Plan {
    if (depth === 0) return this.leaf();
    const halves = [this.tree(depth - 1), this.tree(depth - 1)];
    return depth % 2 === 0
      ? { kind: 'bool', ...none, must: halves }
      : { kind: 'bool', ...none, should: halves, minimum: 1 };
  }
}

async function found(plan: Plan, documents: number): Promise<readonly number[]> {
  const view = { documents } as unknown as SegmentView;
  return [...(await evaluate(plan, { view, statistics: undefined, breathe })).documents];
}

test.each(['must', 'filter', 'should'] as const)(
  'parts in %s of a query are looked for at once in a small segment, one after another in a large one',
  async (name) => {
    const [small, large] = [new Parts(), new Parts()];
    const plan = (parts: Parts): Plan => {
      const all = Array.from({ length: 40 }, () => parts.leaf());
      return { kind: 'bool', ...none, [name]: all, minimum: name === 'should' ? 1 : 0 };
    };
    expect(await found(plan(small), 100)).toEqual([1, 2]);
    expect(await found(plan(large), 3_000_000)).toEqual([1, 2]);
    expect([small.most, large.most]).toEqual([40, 1]);
  },
);

test('parts of parts share the memory of a query', async () => {
  const parts = new Parts();
  expect(await found(parts.tree(8), 500_000)).toEqual([1, 2]);
  expect(parts.most).toBeLessThanOrEqual(4);
});

/** Counts what is asked of a live index. */
class CountedView extends LiveView {
  finds = 0;
  positionReads = 0;

  override find(...of: Parameters<LiveView['find']>): ReturnType<LiveView['find']> {
    this.finds++;
    return super.find(...of);
  }

  override positions(...of: Parameters<LiveView['positions']>): ReturnType<LiveView['positions']> {
    this.positionReads++;
    return super.positions(...of);
  }
}

test('a word that a phrase has many times is looked up once', async () => {
  const view = new CountedView(liveIndex(['a a a b a a', 'a a b', 'b a a a']));
  const context = { view, statistics: undefined, breathe };
  const plan = await planQuery({ kind: 'phrase', fields: ['message'], text: 'a a a b', slop: 0 }, context);
  if (plan.kind !== 'phrase') throw new Error('not a phrase');
  expect([...(await matchPhrase(plan.phrase, context)).documents]).toEqual([0]);
  expect([view.finds, view.positionReads]).toEqual([2, 2]);
});

test('documents of a word that is looked up again are in memory once', async () => {
  const view = new LiveView(liveIndex(['a b', 'b', 'a']));
  const message = new Uint8Array([1]);
  const [first] = await view.find('text', utf8('a'), message);
  const [again] = await view.find('text', utf8('a'), message);
  const documents = async (term: typeof first): Promise<Uint32Array> => (await view.postings(term!)).documents;
  expect([...(await documents(first))]).toEqual([0, 2]);
  expect(await documents(again)).toBe(await documents(first));
});

test('a pattern ends in the middle of a block of terms when the time is over', async () => {
  const words = Array.from({ length: 2000 }, (_, i) => `w${i}`);
  const view = new LiveView(liveIndex([words.join(' ')]));
  let looks = 0;
  const over = () => {
    if (++looks > 3) throw new SearchTimedOut('the search took too long');
    return undefined;
  };
  const context = { view, statistics: undefined, breathe: over };
  const plan = await planQuery({ kind: 'regexp', fields: ['message'], value: '.*x' }, context);
  await expect(evaluate(plan, context)).rejects.toThrow(SearchTimedOut);
});
