import type { Metrics } from '../../base/metrics.ts';
import type { NamedConfigs } from '../../log/named-configs.ts';
import type { Handler } from '../handler.ts';
import { ClientTelemetry, type TelemetryDependencies } from '../telemetry/client-telemetry.ts';
import { ClientSeries } from '../telemetry/series.ts';
import { Subscriptions } from '../telemetry/subscriptions.ts';
import { getTelemetrySubscriptionsHandler } from './71-get-telemetry-subscriptions.ts';
import { pushTelemetryHandler } from './72-push-telemetry.ts';

export interface TelemetryHandlerDependencies extends Omit<TelemetryDependencies, 'subscriptions' | 'series'> {
  /** The CLIENT_METRICS resources. */
  readonly configs: NamedConfigs;
  readonly metrics: Metrics;
  /** `telemetry.max.series`. */
  readonly maxSeries: number;
}

/** Series that one client may have: the most that Kafka's Java clients push is some hundreds. */
const SERIES_PER_CLIENT = 1000;

/** The handlers of clients' metrics (KIP-714). */
export function telemetryHandlers({ configs, metrics, maxSeries, ...deps }: TelemetryHandlerDependencies): Handler[] {
  const series = new ClientSeries({ total: maxSeries, perClient: SERIES_PER_CLIENT }, metrics);
  const telemetry = new ClientTelemetry({ ...deps, series, subscriptions: new Subscriptions(configs) });
  return [getTelemetrySubscriptionsHandler(telemetry, deps.maxBytes), pushTelemetryHandler(telemetry)];
}
