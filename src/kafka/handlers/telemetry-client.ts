import type { RequestContext } from '../handler.ts';
import type { TelemetryClient } from '../telemetry/client-telemetry.ts';

/** What metrics subscriptions match a client by. */
export function telemetryClient({ clientId, clientHost, peer, signal }: RequestContext): TelemetryClient {
  return {
    signal,
    properties: {
      client_id: clientId ?? '',
      client_software_name: peer.software?.name ?? 'unknown',
      client_software_version: peer.software?.version ?? 'unknown',
      client_source_address: clientHost,
      client_source_port: String(peer.port),
    },
  };
}
