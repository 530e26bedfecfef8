/** A process that moves one table's pointer so many times, from each number to the next: `committer.ts URL TIMES`. */
import { CommitConflict, openCatalog } from '../../../src/lake/index.ts';

const [url = '', times = ''] = process.argv.slice(2);
const table = { namespace: ['topics'], name: 'counted' };
const catalog = await openCatalog(url);
for (let done = 0; done < Number(times); ) {
  const from = await catalog.metadataLocation(table);
  try {
    await catalog.commit([{ table, from, to: String(Number(from) + 1) }]);
    done++;
  } catch (error) {
    if (!(error instanceof CommitConflict)) throw error;
  }
}
await catalog.close();
