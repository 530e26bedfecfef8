import type { Handler } from '../handler.ts';
import type { QuotaStore } from '../quotas/store.ts';
import { describeClientQuotasHandler } from './48-describe-client-quotas.ts';
import { alterClientQuotasHandler } from './49-alter-client-quotas.ts';

/** The handlers of client quotas. */
export function quotaHandlers(store: QuotaStore): Handler[] {
  return [describeClientQuotasHandler(store.limits), alterClientQuotasHandler(store)];
}
