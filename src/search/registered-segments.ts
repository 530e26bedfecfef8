import type { SegmentRegistry } from '../metadata/registry.ts';
import type { TextSegmentRow } from '../metadata/types.ts';
import type { TextSegmentSource } from './ports.ts';

const PAGE = 5000;
/** Up to so many topics are asked for one by one; beyond, everything is read once. */
const SINGLY = 16;

/** The sealed text segments of topics, read from the registry at each call. */
export function registeredSegments(registry: SegmentRegistry<TextSegmentRow>): TextSegmentSource {
  async function allPages(topicId: string | undefined): Promise<TextSegmentRow[]> {
    const all: TextSegmentRow[] = [];
    for (;;) {
      const rows = await registry.page(PAGE, all.at(-1), topicId);
      for (const row of rows) all.push(row);
      if (rows.length < PAGE) return all;
    }
  }

  return {
    async textSegments(topicIds) {
      if (topicIds.length <= SINGLY) return (await Promise.all(topicIds.map(allPages))).flat();
      const wanted = new Set(topicIds);
      return (await allPages(undefined)).filter(({ topicId }) => wanted.has(topicId));
    },
  };
}
