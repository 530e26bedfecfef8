import { decodeMetrics } from '../protocol/otlp/metrics.ts';
import { ProtobufError } from '../protocol/otlp/protobuf.ts';
import { below, type Random } from '../src/base/random.ts';
import { gauge, metricsData, sum } from '../tests/unit/protocol/otlp/encode.ts';
import type { FuzzTarget } from './run.ts';

const LIMITS = { maxPoints: 50, maxAttributes: 8, maxFields: 2000 };

function randomMetrics(random: Random): Buffer {
  const metrics = Array.from({ length: below(random, 10) }, (_, at) =>
    below(random, 2) === 0
      ? gauge(`metric.${at}`, below(random, 1000) / 7, { topic: 't'.repeat(below(random, 9)), node: `${at}` })
      : sum(`metric.${at}`, BigInt(below(random, 1000)), below(random, 2) === 0 ? 1 : 2),
  );
  return metricsData(...metrics);
}

function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  const changed = Uint8Array.from(bytes);
  for (let count = below(random, 5); count > 0 && changed.length > 0; count--)
    changed[below(random, changed.length)] = below(random, 2) === 0 ? below(random, 256) : 0xff;
  return below(random, 4) === 0 ? changed.subarray(0, below(random, changed.length + 1)) : changed;
}

function accepts(bytes: Uint8Array): void {
  try {
    const points = decodeMetrics(bytes, LIMITS);
    if (points.length > LIMITS.maxPoints) throw new Error(`${points.length} points are more than allowed`);
    if (points.some(({ attributes }) => attributes.length > LIMITS.maxAttributes))
      throw new Error('too many attributes');
  } catch (error) {
    if (!(error instanceof ProtobufError)) throw error;
  }
}

export const targets: readonly FuzzTarget[] = [
  {
    name: 'metrics of clients',
    run(random, iterations) {
      for (let round = 0; round < iterations; round++) {
        const whole = randomMetrics(random);
        accepts(below(random, 5) === 0 ? random.bytes(below(random, 200)) : mutate(whole, random));
      }
    },
  },
];
