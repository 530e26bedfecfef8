import type { MetricPoint } from '../../../protocol/otlp/metrics.ts';
import type { Metrics } from '../../base/metrics.ts';

/** Series of all clients, and of one: metrics are kept in memory and shown to whoever scrapes. */
export interface SeriesLimits {
  readonly total: number;
  readonly perClient: number;
}

interface Series {
  readonly labels: Readonly<Record<string, string>>;
  value: number;
}

/** Longest text of a label. */
const MAX_LABEL_LENGTH = 256;

const LABELS = ['metric', 'client_id', 'client_instance_id', 'attributes'];

/** The newest values of what clients pushed, as one gauge with labels. What would be too many series is counted and dropped. */
export class ClientSeries {
  readonly #limits: SeriesLimits;
  readonly #clients = new Map<string, Map<string, Series>>();
  readonly #dropped: { inc(by?: number): void };
  #size = 0;

  constructor(limits: SeriesLimits, metrics: Metrics) {
    this.#limits = limits;
    this.#dropped = metrics.counter(
      'quarry_client_metrics_dropped_total',
      'Values pushed by clients that would have been too many series.',
    );
    metrics.gaugesFrom('quarry_client_metric', 'Metrics pushed by clients.', LABELS, () => this.#shown());
  }

  #shown(): (readonly [Readonly<Record<string, string>>, number])[] {
    return [...this.#clients.values()].flatMap((client) =>
      [...client.values()].map(({ labels, value }) => [labels, value] as const),
    );
  }

  get size(): number {
    return this.#size;
  }

  /** Takes what a client pushed. Gauges and sums replace what was there; deltas are added up. */
  take(instanceId: string, clientId: string, points: readonly MetricPoint[]): void {
    const client = this.#clients.get(instanceId) ?? new Map<string, Series>();
    this.#clients.set(instanceId, client);
    let dropped = 0;
    for (const point of points) {
      const attributes = point.attributes.map(([key, value]) => `${key}=${value}`).join(',');
      const key = `${point.name}{${attributes}}`;
      const known = client.get(key);
      if (known !== undefined) known.value = point.kind === 'delta' ? known.value + point.value : point.value;
      else if (client.size >= this.#limits.perClient || this.#size >= this.#limits.total) dropped++;
      else {
        client.set(key, { labels: labelsOf(point.name, clientId, instanceId, attributes), value: point.value });
        this.#size++;
      }
    }
    if (dropped > 0) this.#dropped.inc(dropped);
  }

  /** The client is gone. */
  forget(instanceId: string): void {
    this.#size -= this.#clients.get(instanceId)?.size ?? 0;
    this.#clients.delete(instanceId);
  }
}

function labelsOf(metric: string, clientId: string, instanceId: string, attributes: string) {
  const short = (text: string): string => text.slice(0, MAX_LABEL_LENGTH);
  return {
    metric: short(metric),
    client_id: short(clientId),
    client_instance_id: instanceId,
    attributes: short(attributes),
  };
}
