import { errorCode } from '../../../protocol/errors.ts';
import { decodeMetrics } from '../../../protocol/otlp/metrics.ts';
import { ProtobufError } from '../../../protocol/otlp/protobuf.ts';
import type { Codecs } from '../../../protocol/records/index.ts';
import { COMPRESSIONS } from '../../../protocol/records/index.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { type Random, randomUuid, uuidToString } from '../../base/random.ts';
import type { ClientSeries } from './series.ts';
import type { ClientProperties, Subscription, Subscriptions } from './subscriptions.ts';

/** A client that asks or pushes: what it is known by, but for its instance id, and its connection. */
export interface TelemetryClient {
  readonly properties: Omit<ClientProperties, 'client_instance_id'>;
  /** Aborted when the connection ends: what the client pushed is then forgotten. */
  readonly signal: AbortSignal;
}

export interface Push {
  readonly instanceId: string;
  readonly subscriptionId: number;
  readonly terminating: boolean;
  readonly compressionType: number;
  readonly metrics: Uint8Array;
}

export interface TelemetryDependencies {
  readonly subscriptions: Subscriptions;
  readonly series: ClientSeries;
  readonly clock: Clock;
  readonly random: Random;
  readonly codecs: Codecs;
  readonly logger: Logger;
  /** `telemetry.max.bytes`: the largest push, compressed. */
  readonly maxBytes: number;
}

export interface Granted {
  readonly errorCode: number;
  readonly instanceId: string;
  readonly subscription: Subscription;
}

interface Instance {
  readonly properties: ClientProperties;
  readonly subscription: Subscription;
  /** Lets go of the connection on which the client was first heard of. */
  readonly unfollow: () => void;
  /** Of the subscriptions when this one was worked out. */
  readonly version: number;
  lastGet: number;
  lastPush: number;
  /** It has asked since it pushed: then it may push at once. */
  asked: boolean;
  terminating: boolean;
  /** It was told to ask again at once. */
  outdated: boolean;
}

/** Clients that are remembered; the one that was heard of least recently goes first. */
const MAX_INSTANCES = 10_000;
/** A compressed push may grow by so much. */
const MAX_EXPANSION = 16;
const LIMITS = { maxPoints: 10_000, maxAttributes: 32, maxFields: 200_000 };
const NEVER = -Infinity;
const OUTDATED: ReadonlySet<number> = new Set([
  errorCode.UNKNOWN_SUBSCRIPTION_ID,
  errorCode.UNSUPPORTED_COMPRESSION_TYPE,
]);

export const ZERO_ID = 'AAAAAAAAAAAAAAAAAAAAAA';
/** Kafka's id of one, which like that of zero means no topic and no client. */
const ONE_ID = 'AAAAAAAAAAAAAAAAAAAAAQ';

const NOTHING: Subscription = { id: 0, metrics: [], intervalMs: 0 };

/** Subscriptions and pushes of clients (KIP-714), by Kafka's rules; bounded, whatever clients send. */
export class ClientTelemetry {
  readonly #deps: TelemetryDependencies;
  /** The one that was heard of least recently first. */
  readonly #instances = new Map<string, Instance>();

  constructor(deps: TelemetryDependencies) {
    this.#deps = deps;
  }

  /** What a client shall push. Asking again before the interval is over is refused. */
  subscribe(instanceId: string, client: TelemetryClient): Granted {
    const now = this.#deps.clock.now();
    const id = instanceId === ZERO_ID ? uuidToString(randomUuid(this.#deps.random)) : instanceId;
    const instance = this.#instance(id, client);
    const { subscription } = instance;
    const early = now - Math.max(instance.lastGet, instance.lastPush) < subscription.intervalMs;
    if (early && !instance.outdated)
      return { errorCode: errorCode.THROTTLING_QUOTA_EXCEEDED, instanceId: id, subscription: NOTHING };
    instance.lastGet = now;
    instance.asked = true;
    instance.outdated = false;
    return { errorCode: errorCode.NONE, instanceId: id, subscription };
  }

  /** Takes what a client pushes; the code of what is wrong with it. */
  push(push: Push, client: TelemetryClient): number {
    if (push.instanceId === ZERO_ID || push.instanceId === ONE_ID) return errorCode.INVALID_REQUEST;
    const instance = this.#instance(push.instanceId, client);
    const refused = this.#refusal(push, instance);
    instance.terminating = push.terminating;
    // KIP-714: the client asks again at once. Apache Kafka means to allow it, and refuses it.
    instance.outdated = OUTDATED.has(refused);
    if (refused !== errorCode.NONE) return refused;
    return push.metrics.length === 0 ? errorCode.NONE : this.#export(push, instance);
  }

  #refusal(push: Push, instance: Instance): number {
    if (instance.terminating) return errorCode.INVALID_REQUEST;
    const now = this.#deps.clock.now();
    const { asked, lastPush, subscription } = instance;
    const due = asked || now - lastPush >= subscription.intervalMs;
    if (due) {
      instance.lastPush = now;
      instance.asked = false;
    } else if (!push.terminating) return errorCode.THROTTLING_QUOTA_EXCEEDED;
    if (push.subscriptionId !== subscription.id) return errorCode.UNKNOWN_SUBSCRIPTION_ID;
    if (COMPRESSIONS[push.compressionType] === undefined) return errorCode.UNSUPPORTED_COMPRESSION_TYPE;
    return push.metrics.length > this.#deps.maxBytes ? errorCode.TELEMETRY_TOO_LARGE : errorCode.NONE;
  }

  #export(push: Push, { properties, subscription }: Instance): number {
    const { series, logger } = this.#deps;
    try {
      const points = decodeMetrics(this.#plain(push), LIMITS);
      const wanted = points.filter(({ name }) =>
        subscription.metrics.some((prefix) => prefix === '*' || name.startsWith(prefix)),
      );
      series.take(push.instanceId, properties.client_id, wanted);
      return errorCode.NONE;
    } catch (err) {
      // Broken compression has errors of many kinds; none of them is ours.
      const broken = !(err instanceof ProtobufError);
      logger.debug(
        { err, client: properties.client_source_address, broken },
        'a client pushed metrics that cannot be read',
      );
      return errorCode.INVALID_RECORD;
    }
  }

  #plain({ compressionType, metrics }: Push): Uint8Array {
    const name = COMPRESSIONS[compressionType];
    if (name === undefined || name === 'none') return metrics;
    return this.#deps.codecs[name].decompress(metrics, this.#deps.maxBytes * MAX_EXPANSION);
  }

  #instance(instanceId: string, client: TelemetryClient): Instance {
    const { subscriptions } = this.#deps;
    const known = this.#instances.get(instanceId);
    if (known?.version === subscriptions.version) {
      // It moves to the end of those that may be forgotten.
      this.#instances.delete(instanceId);
      this.#instances.set(instanceId, known);
      return known;
    }
    const properties = known?.properties ?? { ...client.properties, client_instance_id: instanceId };
    const made: Instance = {
      properties,
      subscription: subscriptions.of(properties),
      unfollow: known?.unfollow ?? this.#follow(instanceId, client.signal),
      version: subscriptions.version,
      lastGet: NEVER,
      lastPush: NEVER,
      asked: false,
      terminating: false,
      outdated: false,
    };
    this.#instances.delete(instanceId);
    this.#instances.set(instanceId, made);
    const [oldest] = this.#instances.keys();
    if (this.#instances.size > MAX_INSTANCES && oldest !== undefined) this.#forget(oldest);
    return made;
  }

  /** Has the client forgotten when the connection ends, until the function is called that it gives. */
  #follow(instanceId: string, signal: AbortSignal): () => void {
    const forget = (): void => this.#forget(instanceId);
    signal.addEventListener('abort', forget, { once: true });
    return () => signal.removeEventListener('abort', forget);
  }

  #forget(instanceId: string): void {
    this.#instances.get(instanceId)?.unfollow();
    this.#instances.delete(instanceId);
    this.#deps.series.forget(instanceId);
  }
}
