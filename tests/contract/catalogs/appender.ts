/** A process that adds so many files to one table, a commit each: `appender.ts CATALOG_URL WAREHOUSE_FOLDER NAME TIMES`. */
import { systemClock } from '../../../src/base/clock.ts';
import { systemRandom } from '../../../src/base/random.ts';
import { CommitConflict, loadTable, openCatalog, warehouseAt } from '../../../src/lake/index.ts';
import { openFileStore } from '../../../src/objects/file.ts';
import { someFile } from '../../unit/lake/tables.ts';

const [url = '', folder = '', name = '', times = ''] = process.argv.slice(2);
const catalog = await openCatalog(url);
const warehouse = warehouseAt(
  `file://${folder}`,
  await openFileStore(folder, { random: systemRandom, clock: systemClock }),
);
const table = await loadTable(
  { catalog, warehouse, clock: systemClock, random: systemRandom },
  { namespace: ['topics'], name: 'a' },
);
for (let done = 0; done < Number(times); ) {
  try {
    await table.commit({ add: [someFile(table, `${name}${done}`)] });
    done++;
  } catch (error) {
    if (!(error instanceof CommitConflict)) throw error;
  }
}
await catalog.close();
