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

/** Longest name of a series with its attributes. They are kept and shown whole: cut off, two series would look like one. */
const MAX_NAME_LENGTH = 2048;

/** Of the client id so much is shown. */
const MAX_CLIENT_ID_LENGTH = 256;

const LABELS = ['metric', 'client_id', 'client_instance_id', 'attributes'];

/** The newest values of what clients pushed, as one gauge with labels. What would be too many series, or has too long a name, is counted and dropped. */
export class ClientSeries {
  readonly #limits: SeriesLimits;
  readonly #clients = new Map<string, Map<string, Series>>();
  readonly #dropped: { inc(by?: number): void };
  #size = 0;

  constructor(limits: SeriesLimits, metrics: Metrics) {
    this.#limits = limits;
    this.#dropped = metrics.counter(
      'quarry_client_metrics_dropped_total',
      'Values pushed by clients that would have been too many series, or have too long names.',
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
      else if (key.length > MAX_NAME_LENGTH || this.#isFull(client)) dropped++;
      else {
        client.set(key, { labels: labelsOf(point.name, clientId, instanceId, attributes), value: point.value });
        this.#size++;
      }
    }
    if (dropped > 0) this.#dropped.inc(dropped);
  }

  #isFull(client: ReadonlyMap<string, Series>): boolean {
    return client.size >= this.#limits.perClient || this.#size >= this.#limits.total;
  }

  /** The client is gone. */
  forget(instanceId: string): void {
    this.#size -= this.#clients.get(instanceId)?.size ?? 0;
    this.#clients.delete(instanceId);
  }
}

function labelsOf(metric: string, clientId: string, instanceId: string, attributes: string) {
  const shown = clientId.slice(0, MAX_CLIENT_ID_LENGTH);
  return { metric, client_id: shown, client_instance_id: instanceId, attributes };
}
