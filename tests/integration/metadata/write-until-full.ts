import { openMetadata } from '../../../src/metadata/open.ts';

/** Commits rows until the file system refuses to take more, prints what was acknowledged, and then what still works. */
async function main(): Promise<void> {
  const sql = await openMetadata(`sqlite:${process.argv[2]}`);
  const insert = (key: string) =>
    sql.transaction([{ sql: 'INSERT INTO meta (key, value) VALUES (?, ?)', params: [key, 'x'.repeat(20_000)] }]);
  let acknowledged = 0;
  let reason = '';
  while (reason === '')
    try {
      await insert(`key-${acknowledged}`);
      acknowledged++;
    } catch (error) {
      reason = (error as Error).name;
    }
  const again = await insert('later').then(
    () => 'accepted',
    (error: Error) => error.message,
  );
  const [row] = await sql.query('SELECT COUNT(*) AS n FROM meta');
  process.stdout.write(JSON.stringify({ acknowledged, reason, again, readable: Number(row?.['n']) }));
  process.exit(0);
}

await main();
