import { ruleText } from '../../log/record-expiry.ts';
import { JobFailure } from '../jobs/failures.ts';
import { REWRITING, UPKEEP_RETRY } from '../jobs/kinds.ts';
import type { JobKind } from '../jobs/types.ts';
import { mergedBelow, mergeHost, type SegmentMergeParts } from './segment-merges.ts';

export interface TextRenewalParts extends SegmentMergeParts {
  /** Topics that are searched. */
  readonly topicIds: () => readonly string[];
  /** Resolves when indexes that went by an earlier rule are stored; the reason when they cannot be. */
  readonly settled: () => Promise<string | undefined>;
  readonly maxBytesPerSecond: number;
  readonly intervalMs: number;
}

/**
 * Makes text segments anew that were indexed by another rule than their topic has by now: they do not know until when their records count. Without a
 * key: hands in a job for each topic that may have some.
 */
export function textRenewalJob(parts: TextRenewalParts): JobKind {
  // Rules by which all segments of a topic go; a restart asks each topic once.
  const verified = new Map<string, string>();
  const ruleOf = (topicId: string): string => ruleText(parts.partitions(topicId)[0]?.config.expiry);
  return {
    name: 'text-renewal',
    summary:
      'Indexes records anew whose topic says differently by now until when they count; its key is the id of the topic.',
    area: 'compaction',
    priority: 12,
    concurrency: 1,
    retry: UPKEEP_RETRY,
    everyMs: () => parts.intervalMs,
    locks: (topicId) => (topicId === '' ? [] : [REWRITING]),
    async run(topicId, { signal, submit }) {
      if (topicId === '') {
        for (const one of parts.topicIds()) if (verified.get(one) !== ruleOf(one)) submit('text-renewal', one);
        return;
      }
      const rule = ruleOf(topicId);
      const failing = await parts.settled();
      if (failing !== undefined) throw new JobFailure('unavailable', failing);
      if ((await renew(parts, topicId, signal)) === 0 && rule === ruleOf(topicId)) verified.set(topicId, rule);
    },
  };
}

/** Makes anew what is in packs; gives the number of segments that have yet to wait. */
async function renew(parts: TextRenewalParts, topicId: string, signal: AbortSignal): Promise<number> {
  const { registration, partitions, merging, maxBytesPerSecond } = parts;
  let waiting = 0;
  for (const found of partitions(topicId)) {
    const { partition, config } = found;
    for (const row of await registration.textsOfOtherRules(topicId, partition, ruleText(config.expiry))) {
      signal.throwIfAborted();
      if (row.lastOffset >= mergedBelow(found)) {
        waiting++;
        continue;
      }
      const [from, to] = [row.baseOffset, row.lastOffset + 1];
      const sections = await registration.sections.overlapping(topicId, partition, from, to);
      const task = { topicId, partition, from, to, sections, aborted: found.abortedBelow(to), maxBytesPerSecond };
      await merging.mergeText({ ...task, expiry: config.expiry }, mergeHost(parts));
    }
  }
  return waiting;
}
