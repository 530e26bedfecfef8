import { openMetadata } from '../../../src/metadata/open.ts';

/** Commits rows named by a counter, many at once, and prints each one's number when its promise resolved. Runs until it is killed. */
async function main(): Promise<void> {
  const [path] = process.argv.slice(2);
  const sql = await openMetadata(`sqlite:${path}`);
  let next = 0;
  const lane = async (): Promise<void> => {
    for (;;) {
      const number = next++;
      await sql.transaction([
        { sql: 'INSERT INTO meta (key, value) VALUES (?, ?)', params: [`first-${number}`, 'x'] },
        { sql: 'INSERT INTO meta (key, value) VALUES (?, ?)', params: [`second-${number}`, 'x'] },
      ]);
      process.stdout.write(`${number}\n`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, lane));
}

await main();
