import { int } from './rows.ts';
import type { SqlEngine } from './types.ts';

/** Producer ids are handed out from blocks, so that a new producer costs no commit (KIP-730 allocates them so). */
export interface ProducerIdBlock {
  readonly first: number;
  readonly count: number;
}

/** Takes the next `count` producer ids; they are never handed out again, not even after a crash. */
export async function allocateProducerIds(sql: SqlEngine, count: number): Promise<ProducerIdBlock> {
  const [row] = await sql.query(
    `INSERT INTO sequences (name, next) VALUES ('producer-id', ?)
     ON CONFLICT (name) DO UPDATE SET next = sequences.next + excluded.next RETURNING next`,
    [count],
  );
  if (row === undefined) throw new Error('the producer id sequence returned no row');
  return { first: int(row, 'next') - count, count };
}
