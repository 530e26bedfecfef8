// PushTelemetry v0 (KIP-714): metrics of a client in OTLP, which are shown on /metrics as `quarry_client_metric`, as long as its connection lasts and as
// far as there is room for them. Only what was subscribed to is taken. What cannot be read is INVALID_RECORD.
import { pushTelemetryApi } from '../../../protocol/messages/index.ts';
import { type Handler, handler } from '../handler.ts';
import type { ClientTelemetry } from '../telemetry/client-telemetry.ts';
import { telemetryClient } from './telemetry-client.ts';

export function pushTelemetryHandler(telemetry: ClientTelemetry): Handler {
  return handler(pushTelemetryApi, ({ clientInstanceId, ...push }, context) => ({
    errorCode: telemetry.push({ ...push, instanceId: clientInstanceId }, telemetryClient(context)),
  }));
}
