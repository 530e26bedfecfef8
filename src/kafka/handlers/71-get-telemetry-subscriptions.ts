// GetTelemetrySubscriptions v0 (KIP-714): what a client shall push, by the CLIENT_METRICS resources that match it; an empty list where none does.
// A client that asks again too early gets THROTTLING_QUOTA_EXCEEDED, as in Apache Kafka. Deviation: it is served always; Apache Kafka
// serves it with a metrics reporter that takes what clients push, which here is /metrics.
import { getTelemetrySubscriptionsApi } from '../../../protocol/messages/index.ts';
import { type Handler, handler } from '../handler.ts';
import type { ClientTelemetry } from '../telemetry/client-telemetry.ts';
import { telemetryClient } from './telemetry-client.ts';

/** zstd, lz4, gzip, snappy: in the order in which the broker likes them. */
const ACCEPTED = [4, 3, 1, 2];

export function getTelemetrySubscriptionsHandler(telemetry: ClientTelemetry, maxBytes: number): Handler {
  return handler(getTelemetrySubscriptionsApi, ({ clientInstanceId }, context) => {
    const { errorCode, instanceId, subscription } = telemetry.subscribe(clientInstanceId, telemetryClient(context));
    const granted = errorCode === 0;
    return {
      errorCode,
      clientInstanceId: instanceId,
      subscriptionId: subscription.id,
      acceptedCompressionTypes: granted ? ACCEPTED : [],
      pushIntervalMs: subscription.intervalMs,
      telemetryMaxBytes: granted ? maxBytes : 0,
      deltaTemporality: granted,
      requestedMetrics: subscription.metrics,
    };
  });
}
