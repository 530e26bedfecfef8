import { ClientQuotas } from '../kafka/quotas/client-quotas.ts';
import { QuotaStore } from '../kafka/quotas/store.ts';
import type { BrokerParts } from './parts.ts';
import type { Storage } from './storage.ts';

/** The quotas that were set, and the meters of clients. */
export interface Quotas {
  readonly store: QuotaStore;
  readonly clients: ClientQuotas;
}

/** Reads the quotas from SQL. */
export async function openQuotas({ settings, clock, metrics }: BrokerParts, { sql }: Storage): Promise<Quotas> {
  const store = await QuotaStore.open(sql);
  const windows = {
    client: {
      samples: settings['quota.window.num'],
      windowMs: settings['quota.window.size.seconds'] * 1000,
    },
    controller: {
      samples: settings['controller.quota.window.num'],
      windowMs: settings['controller.quota.window.size.seconds'] * 1000,
    },
  };
  return { store, clients: new ClientQuotas(store.limits, windows, clock, metrics) };
}
