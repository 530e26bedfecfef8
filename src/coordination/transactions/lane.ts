import type { SqlEngine, SqlStatement } from '../../metadata/types.ts';
import { isDecided } from './transaction.ts';
import type { Transaction } from './types.ts';

/**
 * One transactional id, and the order of what happens to it: tasks run one after another, so that none sees another half done. What memory
 * has is durable, but for partitions that a transaction of version 2 gained by being written to: the log has these.
 */
export class TransactionLane {
  readonly transactionalId: string;
  transaction: Transaction | undefined;
  /** A write failed and may have taken place all the same: the row has to be read before anything else happens. */
  uncertain = false;
  readonly #sql: SqlEngine;
  #running = 0;
  #last: Promise<unknown> = Promise.resolve();
  /** The write that nobody waits for; the next one goes after it. */
  #trailing: Promise<void> = Promise.resolve();

  constructor(transactionalId: string, sql: SqlEngine) {
    this.transactionalId = transactionalId;
    this.#sql = sql;
  }

  get isBusy(): boolean {
    return this.#running > 0;
  }

  /** True while a decision waits to be carried out. */
  get isDecided(): boolean {
    return this.transaction !== undefined && isDecided(this.transaction);
  }

  /** Runs `task` after all that were given before. */
  run<R>(task: () => Promise<R>): Promise<R> {
    this.#running++;
    const result = this.#last.then(task);
    this.#last = result.then(
      () => void this.#running--,
      () => void this.#running--,
    );
    return result;
  }

  /** Resolves when the tasks given so far are done. */
  get settled(): Promise<unknown> {
    return this.#last;
  }

  /** Makes statements durable, in order with all earlier ones of this lane. */
  async write(statements: readonly SqlStatement[]): Promise<void> {
    await this.#trailing;
    try {
      await this.#sql.transaction(statements);
    } catch (error) {
      this.uncertain = true;
      throw error;
    }
  }

  /** Writes without anybody waiting: what is lost here is done again at the next start. `failed` is told why it could not be written. */
  writeBehind(statements: readonly SqlStatement[], failed: (error: Error) => void): void {
    this.#trailing = this.#sql.transaction(statements).catch(failed);
  }
}
