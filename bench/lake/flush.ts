// `node bench/lake/flush.ts quarry|duckdb ROWS FOLDER REPEATS [promoted]`: writes rows as Parquet files and tells what that cost, as JSON.
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parsePromotedColumns, RECORD_SPEC, recordSchema, writeDataFiles } from '../../src/lake/index.ts';
import { measured } from './measured.ts';
import { frozenRows, PROMOTED } from './rows.ts';

/** Rows of a file, as the broker has them. */
const FILE_ROWS = 50_000;
/** … and of a row group of DuckDB's. */
const GROUP_ROWS = 25_000;

/** Writes all rows once; gives the bytes stored. */
type Write = () => Promise<number>;

function quarry(rows: number, folder: string, promoted: boolean): Write {
  const frozen = frozenRows(rows);
  const schema = recordSchema(promoted ? parsePromotedColumns(PROMOTED) : []);
  const name = promoted ? 'promoted' : 'plain';
  return async () => {
    const paths: string[] = [];
    const write = async (bytes: Uint8Array): Promise<string> => {
      const path = join(folder, `${name}-${paths.length}.parquet`);
      writeFileSync(path, bytes);
      paths.push(path);
      return path;
    };
    await writeDataFiles(frozen, { schema, spec: RECORD_SPEC, maxRows: FILE_ROWS, write });
    return paths.reduce((sum, path) => sum + statSync(path).size, 0);
  };
}

/** One thread, and the codec of ours. Its rows are those that the run of ours left in the folder. */
async function duckdb(folder: string, promoted: boolean): Promise<Write> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
  await connection.run(`CREATE TABLE rows AS FROM '${join(folder, 'plain-*.parquet')}'`);
  const fields = PROMOTED.split(', ').map((column) => column.split(' '));
  const more = fields.map(([name, type]) => `(decode("value")->>'$.${name}')::${type} AS "${name}"`);
  const columns = promoted ? `*, ${more.join(', ')}` : '*';
  const path = join(folder, 'duckdb.parquet');
  const options = `FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE ${GROUP_ROWS}`;
  return async () => {
    rmSync(path, { force: true });
    await connection.run(`COPY (SELECT ${columns} FROM rows) TO '${path}' (${options})`);
    return statSync(path).size;
  };
}

const [tool, rows, folder, repeats, promoted] = process.argv.slice(2) as [string, string, string, string, string?];
const isPromoted = promoted === 'promoted';
const write = tool === 'quarry' ? quarry(Number(rows), folder, isPromoted) : await duckdb(folder, isPromoted);
await measured(write, Number(repeats));
