import { expect, test } from 'vitest';
import { OwnFiles } from '../../../../src/processor/tables/own-files.ts';
import type { TableHost } from '../../../../src/processor/tables/types.ts';

/** A host that keeps what is announced until it is settled, and fails to settle when told. */
class Uploads implements TableHost {
  readonly keys = new Set<string>();
  away = false;
  readLog: TableHost['readLog'] = () => Promise.reject(new Error('not asked here'));
  announce = async (key: string): Promise<void> => void this.keys.add(key);
  async settle(files: { readonly committed: readonly string[]; readonly abandoned: readonly string[] }): Promise<void> {
    if (this.away) throw new Error('the metadata is away');
    for (const key of [...files.committed, ...files.abandoned]) this.keys.delete(key);
  }
  unsettled = async (prefix: string): Promise<readonly string[]> =>
    [...this.keys].filter((key) => key.startsWith(prefix));
  discard = async (): Promise<void> => {};
  mergeProgress = async (): Promise<void> => {};
}

test('a table that is opened leaves the files of a merge or a deletion under way alone', async () => {
  const host = new Uploads();
  const own = new OwnFiles(host);
  await host.announce('t/left-by-an-earlier-run');
  await own.announce('t/merged');
  expect(await own.unsettledByOthers('t/')).toEqual(['t/left-by-an-earlier-run']);
  expect(await own.unsettled('t/')).toEqual(['t/left-by-an-earlier-run', 't/merged']);
  await own.settle({ committed: ['t/merged'], abandoned: [] });
  expect(await own.unsettled('t/')).toEqual(['t/left-by-an-earlier-run']);
});

test('files whose end could not be told stay with whom they belong to', async () => {
  const host = new Uploads();
  const own = new OwnFiles(host);
  await own.announce('t/merged');
  host.away = true;
  await expect(own.settle({ committed: [], abandoned: ['t/merged'] })).rejects.toThrow('away');
  expect(await own.unsettledByOthers('t/')).toEqual([]);
});
