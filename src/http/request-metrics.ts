import { errorCounter } from '../base/error-metrics.ts';
import type { CounterHandle, HistogramHandle, Metrics } from '../base/metrics.ts';

interface RouteHandles {
  readonly requests: CounterHandle;
  readonly seconds: HistogramHandle;
}

const KNOWN_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS']);

/** Counts of the HTTP listeners. Labels are route patterns, never what a client wrote. */
export class RequestMetrics {
  readonly #metrics: Metrics;
  readonly #handles = new Map<string, RouteHandles>();
  readonly #bytes: CounterHandle;
  readonly #malformed: CounterHandle;
  readonly #dropped: CounterHandle;
  readonly #errors: CounterHandle;

  #underWay = 0;

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
    this.#bytes = metrics.counter('quarry_http_response_bytes_total', 'Bytes of HTTP response bodies.');
    this.#malformed = metrics.counter(
      'quarry_http_malformed_total',
      'Connections that sent no HTTP request that can be read.',
    );
    this.#dropped = metrics.counter('quarry_http_dropped_total', 'Connections refused because there were too many.');
    this.#errors = errorCounter(metrics, 'system');
    metrics.gaugeFrom('quarry_http_requests_under_way', 'HTTP requests being answered.', () => this.#underWay);
  }

  began(): void {
    this.#underWay++;
  }

  answered(route: string, method: string, status: number, seconds: number, bytes: number): void {
    this.#underWay--;
    const handles = this.#handlesOf(route, KNOWN_METHODS.has(method) ? method : 'other', status);
    if (status === 500) this.#errors.inc();
    handles.requests.inc();
    handles.seconds.observe(seconds);
    this.#bytes.inc(bytes);
  }

  malformed(): void {
    this.#malformed.inc();
  }

  dropped(): void {
    this.#dropped.inc();
  }

  #handlesOf(route: string, method: string, status: number): RouteHandles {
    const key = `${route} ${method} ${status}`;
    const known = this.#handles.get(key);
    if (known !== undefined) return known;
    const labels = { route, method, status: String(status) };
    const handles = {
      requests: this.#metrics.counter('quarry_http_requests_total', 'HTTP requests answered.', labels),
      seconds: this.#metrics.histogram('quarry_http_request_duration_seconds', 'Time to answer an HTTP request.', {
        route,
      }),
    };
    this.#handles.set(key, handles);
    return handles;
  }
}
