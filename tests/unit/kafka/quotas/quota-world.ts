import { type Clock, systemClock } from '../../../../src/base/clock.ts';
import { createMetrics, type Metrics } from '../../../../src/base/metrics.ts';
import { ClientQuotas } from '../../../../src/kafka/quotas/client-quotas.ts';
import { QuotaLimits } from '../../../../src/kafka/quotas/limits.ts';

const WINDOWS = { samples: 11, windowMs: 1000 };

/** A clock that stands still until it is told to go on; its timers are run by nobody. */
export class HeldClock implements Clock {
  ms = 0;
  now = (): number => this.ms;
  monotonic = (): number => this.ms;
  after = (): { cancel(): void } => ({ cancel() {} });
}

/** Quotas with Kafka's windows. */
export function quotasOf(
  limits = new QuotaLimits(),
  clock: Clock = systemClock,
  metrics: Metrics = createMetrics(),
): ClientQuotas {
  return new ClientQuotas(limits, { client: WINDOWS, controller: WINDOWS }, clock, metrics);
}
