import { AggregatorRegistry, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** A value that only grows. Label values are bound once, outside hot paths. */
export interface CounterHandle {
  inc(by?: number): void;
}

export interface GaugeHandle {
  set(value: number): void;
}

export interface HistogramHandle {
  /** `value` in the unit that the metric's name ends with (`_seconds`, `_bytes`). */
  observe(value: number): void;
}

type Labels = Readonly<Record<string, string>>;

/** The metrics of one thread. Names follow Prometheus: `quarry_…_total`, `…_seconds`, `…_bytes`. */
export interface Metrics {
  counter(name: string, help: string, labels?: Labels): CounterHandle;
  gauge(name: string, help: string, labels?: Labels): GaugeHandle;
  /** A gauge whose value is asked for when the metrics are read. */
  gaugeFrom(name: string, help: string, read: () => number, labels?: Labels): void;
  /** Several label sets whose values are asked for when the metrics are read (lag per group …). */
  gaugesFrom(
    name: string,
    help: string,
    labelNames: readonly string[],
    read: () => readonly (readonly [Labels, number])[],
  ): void;
  /** The same of values that only grow, and are counted elsewhere. */
  countersFrom(
    name: string,
    help: string,
    labelNames: readonly string[],
    read: () => readonly (readonly [Labels, number])[],
  ): void;
  histogram(name: string, help: string, labels?: Labels): HistogramHandle;
  /** This thread's metrics as JSON, to be handed to another thread's `text`. */
  snapshot(): Promise<object[]>;
  /** Prometheus text of this thread's metrics and of snapshots of other threads. */
  text(others?: readonly object[][]): Promise<string>;
}

const BUCKETS = {
  seconds: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  bytes: [256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864],
  other: [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 10000, 100000],
};

function bucketsFor(name: string): number[] {
  if (name.endsWith('_seconds')) return BUCKETS.seconds;
  return name.endsWith('_bytes') ? BUCKETS.bytes : BUCKETS.other;
}

/** A fresh registry. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const obtain = <T>(name: string, make: () => T): T => (registry.getSingleMetric(name) as T | undefined) ?? make();
  const names = (labels: Labels): string[] => Object.keys(labels);
  return {
    counter(name, help, labels = {}) {
      const metric = obtain(name, () => new Counter({ name, help, labelNames: names(labels), registers: [registry] }));
      return metric.labels(labels);
    },
    gauge(name, help, labels = {}) {
      const metric = obtain(name, () => new Gauge({ name, help, labelNames: names(labels), registers: [registry] }));
      return metric.labels(labels);
    },
    gaugeFrom(name, help, read, labels = {}) {
      this.gaugesFrom(name, help, names(labels), () => [[labels, read()]]);
    },
    gaugesFrom(name, help, labelNames, read) {
      const gauge: Gauge = new Gauge({
        name,
        help,
        labelNames: [...labelNames],
        registers: [registry],
        collect() {
          gauge.reset();
          for (const [labels, value] of read()) gauge.set(labels, value);
        },
      });
    },
    countersFrom(name, help, labelNames, read) {
      const counter: Counter = new Counter({
        name,
        help,
        labelNames: [...labelNames],
        registers: [registry],
        collect() {
          counter.reset();
          for (const [labels, value] of read()) counter.inc(labels, value);
        },
      });
    },
    histogram(name, help, labels = {}) {
      const make = (): Histogram =>
        new Histogram({ name, help, labelNames: names(labels), buckets: bucketsFor(name), registers: [registry] });
      return obtain(name, make).labels(labels);
    },
    snapshot: () => registry.getMetricsAsJSON() as Promise<object[]>,
    async text(others = []) {
      if (others.length === 0) return registry.metrics();
      const own = await registry.getMetricsAsJSON();
      return AggregatorRegistry.aggregate([own, ...others] as object[]).metrics();
    },
  };
}
