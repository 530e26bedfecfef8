import { expect, test } from 'vitest';
import type { SectionRow } from '../../../src/metadata/types.ts';
import { ObjectClearing, type ObjectClearingParts } from '../../../src/processor/erasure/object-clearing.ts';
import type { PackMergeTask } from '../../../src/processor/merging/types.ts';

test('an object of which something cannot be read keeps no other from being cleared', async () => {
  let left = ['packs/bad', 'packs/good', 'packs/other'];
  const clearing = new ObjectClearing({
    objects: {
      list: () => Promise.resolve([...left]),
      forget(objectKey: string) {
        left = left.filter((one) => one !== objectKey);
        return Promise.resolve();
      },
    },
    registration: {
      sections: { ofObject: (objectKey: string) => Promise.resolve([{ objectKey }] as SectionRow[]) },
      textsIn: () => Promise.resolve([]),
    },
    merging: {
      mergePacks: ({ groups }: PackMergeTask) =>
        groups[0]?.[0]?.objectKey === 'packs/bad' ? Promise.reject(new Error('a pack is damaged')) : Promise.resolve(),
    },
    maxBytesPerSecond: () => 1e9,
  } as unknown as ObjectClearingParts);
  await expect(clearing.run(new AbortController().signal)).rejects.toThrow('a pack is damaged');
  expect(left).toEqual(['packs/bad']);
});
