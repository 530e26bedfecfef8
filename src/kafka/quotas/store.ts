import { clientQuotaRows, removeClientQuota, saveClientQuota } from '../../metadata/client-quotas.ts';
import type { SqlEngine, SqlStatement } from '../../metadata/types.ts';
import { entityKey, entityOfKey, isQuotaName, type QuotaEntity, type QuotaName } from './entity.ts';
import { QuotaLimits } from './limits.ts';

/** A quota to be set, or with `undefined` to be taken away. */
export interface QuotaChange {
  readonly entity: QuotaEntity;
  readonly quota: QuotaName;
  readonly value: number | undefined;
}

/** Quotas in SQL, and in memory as `limits`. */
export class QuotaStore {
  readonly limits = new QuotaLimits();
  readonly #sql: SqlEngine;

  private constructor(sql: SqlEngine) {
    this.#sql = sql;
  }

  static async open(sql: SqlEngine): Promise<QuotaStore> {
    const store = new QuotaStore(sql);
    for (const { entity, quota, value } of await clientQuotaRows(sql)) {
      if (isQuotaName(quota)) store.limits.set(entityOfKey(entity), quota, value);
    }
    return store;
  }

  /** Changes quotas, all or none. Resolves when that is durable; clients are measured by them from then on. */
  async change(changes: readonly QuotaChange[]): Promise<void> {
    if (changes.length === 0) return;
    const statements = changes.map(({ entity, quota, value }): SqlStatement => {
      const key = entityKey(entity);
      return value === undefined ? removeClientQuota(key, quota) : saveClientQuota({ entity: key, quota, value });
    });
    await this.#sql.transaction(statements);
    for (const { entity, quota, value } of changes) this.limits.set(entity, quota, value);
  }
}
