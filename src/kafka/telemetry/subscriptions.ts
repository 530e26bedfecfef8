import { crc32c } from '../../base/crc32c.ts';
import { uuidFromString } from '../../base/random.ts';
import { type ClientMatch, clientMatches, type Matched } from '../../log/metrics-configs.ts';
import type { NamedConfigs } from '../../log/named-configs.ts';
import { listElements } from '../../log/topic-configs-types.ts';

/** What a client is known by. */
export type ClientProperties = Readonly<Record<Matched, string>>;

/** What a client shall push, and how often. */
export interface Subscription {
  /** Changes with what is subscribed to: a push for another one is refused. */
  readonly id: number;
  /** Prefixes of names; `*` for all. */
  readonly metrics: readonly string[];
  readonly intervalMs: number;
}

const ALL = '*';
const DEFAULT_INTERVAL_MS = 300_000;

interface Declared {
  readonly matches: readonly ClientMatch[];
  readonly metrics: readonly string[];
  readonly intervalMs: number;
}

/** The CLIENT_METRICS resources, ready to be matched. */
export class Subscriptions {
  readonly #configs: NamedConfigs;
  #declared: readonly Declared[];
  #version = 0;

  constructor(configs: NamedConfigs) {
    this.#configs = configs;
    this.#declared = this.#read();
    configs.onChange(() => {
      this.#declared = this.#read();
      this.#version++;
    });
  }

  /** Rises when a resource changes. */
  get version(): number {
    return this.#version;
  }

  #read(): Declared[] {
    return this.#configs.names().map((name) => {
      const list = (config: string): string[] => listElements(this.#configs.value(name, config));
      return {
        matches: clientMatches(list('match')) ?? [],
        metrics: list('metrics'),
        intervalMs: Number(this.#configs.value(name, 'interval.ms')),
      };
    });
  }

  /** All that the subscriptions which match the client ask for: the union of metrics, the shortest interval. */
  of(client: ClientProperties): Subscription {
    const matching = this.#declared.filter(({ matches }) =>
      matches.every(({ property, pattern }) => pattern.matches(client[property])),
    );
    const union = [...new Set(matching.flatMap(({ metrics }) => metrics))].sort();
    const metrics = union.includes(ALL) ? [ALL] : union;
    const intervalMs = Math.min(DEFAULT_INTERVAL_MS, ...matching.map((one) => one.intervalMs));
    return { id: idOf(metrics, intervalMs, client.client_instance_id), metrics, intervalMs };
  }
}

/** As Kafka's: a checksum of what is subscribed to, different for each client. */
function idOf(metrics: readonly string[], intervalMs: number, instanceId: string): number {
  const instance = uuidFromString(instanceId);
  const view = new DataView(instance.buffer, instance.byteOffset, instance.byteLength);
  const own = view.getInt32(0) ^ view.getInt32(4) ^ view.getInt32(8) ^ view.getInt32(12);
  return crc32c(new TextEncoder().encode(`[${metrics.join(', ')}]${intervalMs}`)) ^ own;
}
