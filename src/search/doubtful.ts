import type { VisibleRange } from '../fulltext/query.ts';
import type { TextSegmentRow } from '../metadata/types.ts';

interface Interval {
  readonly from: number;
  readonly to: number;
}

type Segment = Pick<TextSegmentRow, 'topicId' | 'partition' | 'baseOffset' | 'lastOffset' | 'generation' | 'rule'>;

/**
 * The offsets of `ranges` whose index goes by another rule than the topic has by now: it does not know until when its records count. `rules` are those
 * of the topics, as text.
 */
export function doubtfulRanges(
  segments: readonly Segment[],
  ranges: readonly VisibleRange[],
  rules: ReadonlyMap<string, string>,
): VisibleRange[] {
  const isOld = ({ topicId, rule = '' }: Segment): boolean => rule !== rules.get(topicId);
  if (!segments.some(isOld)) return [];
  return ranges.flatMap((range) => {
    const here = segments.filter(
      ({ topicId, partition }) => topicId === range.topicId && partition === range.partition,
    );
    const old: Interval[] = [];
    // Of an offset the highest generation counts.
    let open: readonly Interval[] = [range];
    for (const segment of here.toSorted((a, b) => b.generation - a.generation)) {
      const [from, to] = [segment.baseOffset, segment.lastOffset + 1];
      if (isOld(segment))
        for (const one of open)
          if (one.from < to && from < one.to) old.push({ from: Math.max(one.from, from), to: Math.min(one.to, to) });
      open = open.flatMap((one) => [
        ...(one.from < from ? [{ from: one.from, to: Math.min(one.to, from) }] : []),
        ...(one.to > to ? [{ from: Math.max(one.from, to), to: one.to }] : []),
      ]);
    }
    return old.map((interval) => ({ topicId: range.topicId, partition: range.partition, ...interval }));
  });
}
