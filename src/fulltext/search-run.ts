import type { Clock } from '../base/clock.ts';
import { Statistics } from './bm25.ts';
import { HitCollector } from './collector.ts';
import { lowerBound } from './documents.ts';
import { evaluate } from './evaluate.ts';
import type { Matches } from './matches.ts';
import { planQuery } from './plan.ts';
import type { Plan } from './plan-types.ts';
import type { TextSearch, TextSearchResult } from './query.ts';
import { SearchTimedOut } from './rejected.ts';
import type { Breathe, SegmentView } from './view.ts';

/** One segment that a search looks at, and the offsets it is asked for: [from, to). */
export interface SearchSource {
  readonly topicId: string;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
  /** The object, or '' for a live index. */
  readonly objectKey: string;
  /** Rejects when the segment cannot be read. */
  open(): Promise<SegmentView>;
}

/** Segments that are opened, planned or evaluated at once. */
const AT_ONCE = 8;

/** Milliseconds of work between two pauses. */
const SLICE_MS = 8;

/** A segment of the search on its way. */
interface Opened {
  readonly source: SearchSource;
  readonly view: SegmentView;
  readonly plan: Plan;
}

/**
 * Runs one search over its segments: first each is planned, which counts the query's terms over all of them, then each is evaluated with the
 * statistics of all. Where nobody asks for scores each is planned and evaluated by itself. A segment that fails, and a time-out, make `total` a lower
 * bound. Rejects with QueryRejected only.
 */
export class SearchRun {
  readonly #request: Pick<TextSearch, 'query' | 'sort' | 'limit' | 'timeoutMs'>;
  readonly #clock: Clock;
  readonly #signal: AbortSignal | undefined;
  readonly #deadline: number;
  readonly #collector: HitCollector;
  readonly #statistics: Statistics | undefined;
  readonly #failures: { objectKey: string; reason: string }[] = [];
  #sliceEnd: number;
  #ended = false;
  #total = 0;
  #maxScore = -Infinity;

  constructor(
    request: Pick<TextSearch, 'query' | 'sort' | 'limit' | 'timeoutMs'>,
    clock: Clock,
    signal: AbortSignal | undefined,
  ) {
    this.#request = request;
    this.#clock = clock;
    this.#signal = signal;
    this.#deadline = clock.monotonic() + request.timeoutMs;
    this.#sliceEnd = clock.monotonic() + SLICE_MS;
    this.#collector = new HitCollector(request.sort, request.limit);
    const scored = request.limit > 0 && request.sort.some(({ by }) => by === 'score');
    this.#statistics = scored ? new Statistics() : undefined;
  }

  /** Lets other work run when this search has had its slice; throws when its time is over. */
  readonly #breathe: Breathe = () => {
    if (this.#ended) throw new SearchTimedOut('the search has ended');
    const now = this.#clock.monotonic();
    if (now < this.#sliceEnd) return undefined;
    if (now >= this.#deadline) throw new SearchTimedOut('the search took too long');
    return new Promise((resolve) => {
      setImmediate(() => {
        this.#sliceEnd = this.#clock.monotonic() + SLICE_MS;
        resolve();
      });
    });
  };

  /** `complete` says whether `sources` hold everything that was asked for. */
  async run(sources: readonly SearchSource[], complete: boolean): Promise<TextSearchResult> {
    const timedOut = await this.#beforeDeadline(async () => {
      if (this.#statistics === undefined) {
        // No segment has to know of the others: each is let go before all have been looked at.
        await this.#each(sources, async (source) => this.#evaluate(await this.#plan(source)));
        return;
      }
      const opened = await this.#each(sources, (source) => this.#plan(source));
      await this.#each(opened, (segment) => this.#evaluate(segment));
    });
    return {
      total: this.#total,
      exact: complete && !timedOut && this.#failures.length === 0,
      timedOut,
      maxScore: this.#maxScore === -Infinity ? null : this.#maxScore,
      hits: this.#collector.hits(),
      failures: this.#failures,
    };
  }

  /** True when `work` did not end in time. A read that hangs is left behind; what it brings later is not looked at. */
  async #beforeDeadline(work: () => Promise<void>): Promise<boolean> {
    let giveUp = (): void => undefined;
    const timer = this.#clock.after(this.#deadline - this.#clock.monotonic(), () => giveUp());
    const onAbort = (): void => giveUp();
    this.#signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await new Promise<boolean>((resolve, reject) => {
        giveUp = () => {
          this.#ended = true;
          resolve(true);
        };
        if (this.#signal?.aborted === true) giveUp();
        else
          work().then(
            () => resolve(false),
            (error: unknown) => (error instanceof SearchTimedOut ? resolve(true) : reject(asError(error))),
          );
      });
    } finally {
      this.#ended = true;
      timer.cancel();
      this.#signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Calls `work` for all, a few at once; what fails because of its segment is noted and left out. */
  async #each<T extends SearchSource | Opened, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
    const done: R[] = [];
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < items.length) {
        const item = items[next++]!;
        const result = await this.#guard('source' in item ? item.source : item, () => work(item));
        if (result !== undefined) done.push(result);
      }
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, worker));
    return done;
  }

  async #guard<R>(source: SearchSource, work: () => Promise<R>): Promise<R | undefined> {
    try {
      return await work();
    } catch (error) {
      // What the asker did wrong, and the end of the time, concern the whole search.
      if (error instanceof Error && (error.name === 'QueryRejected' || error.name === 'SearchTimedOut')) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      this.#failures.push({ objectKey: source.objectKey, reason });
      return undefined;
    }
  }

  async #plan(source: SearchSource): Promise<Opened> {
    await this.#breathe();
    const view = await source.open();
    this.#statistics?.addFields(view);
    const context = { view, statistics: this.#statistics, breathe: this.#breathe };
    return { source, view, plan: await planQuery(this.#request.query, context) };
  }

  async #evaluate({ source, view, plan }: Opened): Promise<true> {
    if (plan.kind === 'none') return true;
    const context = { view, statistics: this.#statistics, breathe: this.#breathe };
    const matches = clip(await evaluate(plan, context), view.documentRange(source.from, source.to));
    if (this.#request.limit > 0 && matches.documents.length > 0) await this.#collect(source, view, matches);
    this.#total += matches.documents.length;
    return true;
  }

  async #collect(source: SearchSource, view: SegmentView, matches: Matches): Promise<void> {
    const { scores } = matches;
    if (scores !== undefined) for (const score of scores) if (score > this.#maxScore) this.#maxScore = score;
    const chosen = await this.#preselect(view, matches);
    const [offsets, timestamps] = await Promise.all([
      view.offsets(chosen.documents),
      view.timestamps(chosen.documents),
    ]);
    for (let i = 0; i < chosen.documents.length; i++) {
      this.#collector.offer({
        topicId: source.topicId,
        partition: source.partition,
        offset: offsets[i]!,
        timestamp: timestamps[i]!,
        score: chosen.scores?.[i] ?? 0,
      });
    }
  }

  /** Leaves out documents that cannot be among the best, so that columns are read for few. */
  async #preselect(view: SegmentView, matches: Matches): Promise<Matches> {
    const { documents } = matches;
    const { limit, sort } = this.#request;
    if (documents.length <= limit) return matches;
    const by = sort[0]?.by ?? 'offset';
    const values = by === 'score' ? matches.scores! : by === 'timestamp' ? await view.timestamps(documents) : documents;
    const keys = new Float64Array(values.length);
    for (let i = 0; i < keys.length; i++) keys[i] = this.#collector.keyOf(values[i]!);
    // A document number is no offset: only scores and times compare across segments.
    const worst = by === 'offset' ? Infinity : this.#collector.worstKey;
    const bound = Math.min(worst, smallest(keys, limit));
    // Of those that tie, offsets decide: more than `limit` of them are only wanted when another key comes first.
    let ties = sort.length > 1 ? documents.length : limit;
    return filterMatches(matches, (i) => keys[i]! < bound || (keys[i] === bound && ties-- > 0));
  }
}

/** The `rank`-th smallest of `keys`, which are more: the top of a heap of so many. */
function smallest(keys: Float64Array, rank: number): number {
  const heap = keys.slice(0, rank).sort().reverse();
  for (let at = rank; at < keys.length; at++) {
    const key = keys[at]!;
    if (key >= heap[0]!) continue;
    let i = 0;
    for (let child = 1; child < rank; child = 2 * i + 1) {
      if (child + 1 < rank && heap[child + 1]! > heap[child]!) child++;
      if (heap[child]! <= key) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = key;
  }
  return heap[0]!;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function clip(matches: Matches, [first, end]: readonly [number, number]): Matches {
  const from = lowerBound(matches.documents, first);
  const to = lowerBound(matches.documents, end);
  return { documents: matches.documents.subarray(from, to), scores: matches.scores?.subarray(from, to) };
}

function filterMatches({ documents, scores }: Matches, keep: (i: number) => boolean): Matches {
  const kept = new Uint32Array(documents.length);
  const keptScores = scores === undefined ? undefined : new Float32Array(documents.length);
  let count = 0;
  for (let i = 0; i < documents.length; i++) {
    if (!keep(i)) continue;
    kept[count] = documents[i]!;
    if (keptScores !== undefined) keptScores[count] = scores![i]!;
    count++;
  }
  return { documents: kept.subarray(0, count), scores: keptScores?.subarray(0, count) };
}
