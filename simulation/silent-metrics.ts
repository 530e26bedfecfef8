import type { Metrics } from '../src/base/metrics.ts';

const handle = { inc() {}, set() {}, observe() {} };

/** Metrics that nobody reads: for runs that open thousands of logs. */
export const silentMetrics: Metrics = {
  counter: () => handle,
  gauge: () => handle,
  gaugeFrom() {},
  gaugesFrom() {},
  countersFrom() {},
  histogram: () => handle,
  snapshot: () => Promise.resolve([]),
  text: () => Promise.resolve(''),
};
