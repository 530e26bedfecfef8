import { errorOf } from '../../protocol/errors.ts';
import type { Api } from '../../protocol/schema/index.ts';
import { errorCounter } from '../base/error-metrics.ts';
import type { CounterHandle, HistogramHandle, Metrics } from '../base/metrics.ts';
import { type CodeVisitor, codeVisitorOf } from './error-codes.ts';

/** What is measured of one API; bound once, used for every request. */
export interface ApiMetrics {
  /** Counts a request that took `seconds` from the moment it was taken up to its answer. */
  answered(seconds: number): void;
  /** Counts the errors that a response carries. */
  errors(response: unknown): void;
}

/** Why the server ended a connection. */
export type CloseReason =
  | 'client'
  | 'malformed'
  | 'unauthenticated'
  | 'idle'
  | 'stalled'
  | 'refused'
  | 'failure'
  | 'shutdown';

/** The metrics of the Kafka front door. */
export class RequestMetrics {
  readonly bytesIn: CounterHandle;
  readonly bytesOut: CounterHandle;
  readonly #metrics: Metrics;
  readonly #apis = new Map<number, ApiMetrics>();
  readonly #errors = new Map<string, CounterHandle>();
  readonly #closed = new Map<CloseReason, CounterHandle>();

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
    this.bytesIn = metrics.counter('quarry_kafka_bytes_in_total', 'Bytes received from Kafka clients.');
    this.bytesOut = metrics.counter('quarry_kafka_bytes_out_total', 'Bytes sent to Kafka clients.');
  }

  of(api: Api): ApiMetrics {
    const known = this.#apis.get(api.key);
    if (known !== undefined) return known;
    const made = this.#make(api);
    this.#apis.set(api.key, made);
    return made;
  }

  closed(reason: CloseReason): void {
    if (reason === 'failure') errorCounter(this.#metrics, 'system').inc();
    let counter = this.#closed.get(reason);
    if (counter === undefined) {
      counter = this.#metrics.counter(
        'quarry_kafka_connections_closed_total',
        'Kafka connections that ended, by reason; `client` is the ordinary one.',
        { reason },
      );
      this.#closed.set(reason, counter);
    }
    counter.inc();
  }

  #make(api: Api): ApiMetrics {
    const seconds: HistogramHandle = this.#metrics.histogram(
      'quarry_kafka_request_seconds',
      'Time from taking up a request to its answer.',
      { api: api.name },
    );
    const visit: CodeVisitor = codeVisitorOf(api);
    const count = (code: number): void => this.#error(api.name, code);
    return { answered: (value) => seconds.observe(value), errors: (response) => visit(response, count) };
  }

  #error(api: string, code: number): void {
    const key = `${api} ${code}`;
    let counter = this.#errors.get(key);
    if (counter === undefined) {
      counter = this.#metrics.counter('quarry_kafka_errors_total', 'Errors in responses, by API and error.', {
        api,
        error: errorOf(code)?.name ?? String(code),
      });
      this.#errors.set(key, counter);
    }
    counter.inc();
  }
}
