import type { CounterHandle, Metrics } from '../base/metrics.ts';

/** Counts how clients authenticate. */
export class AuthenticationMetrics {
  readonly #metrics: Metrics;
  readonly #counters = new Map<string, CounterHandle>();

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
  }

  /** Counts an authentication that came to its end. */
  authenticated(listener: string, mechanism: string, outcome: 'success' | 'failure'): void {
    this.#counter('quarry_authentications_total', 'Authentications that ended, by listener, mechanism and outcome.', {
      listener,
      mechanism,
      outcome,
    }).inc();
  }

  /** Counts a TLS handshake that failed. */
  handshakeFailed(listener: string): void {
    this.#counter('quarry_tls_handshake_failures_total', 'TLS handshakes that failed, by listener.', {
      listener,
    }).inc();
  }

  #counter(name: string, help: string, labels: Readonly<Record<string, string>>): CounterHandle {
    const key = `${name} ${Object.values(labels).join(' ')}`;
    let counter = this.#counters.get(key);
    if (counter === undefined) {
      counter = this.#metrics.counter(name, help, labels);
      this.#counters.set(key, counter);
    }
    return counter;
  }
}
