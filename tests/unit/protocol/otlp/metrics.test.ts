import { describe, expect, test } from 'vitest';
import { decodeMetrics } from '../../../../protocol/otlp/metrics.ts';
import { ProtobufError } from '../../../../protocol/otlp/protobuf.ts';
import { below, seededRandom } from '../../../../src/base/random.ts';
import { gauge, message, metricsData, sum } from './encode.ts';

const limits = { maxPoints: 100, maxAttributes: 4, maxFields: 5000 };

describe('metrics of clients', () => {
  test('are gauges and sums with their attributes', () => {
    const bytes = metricsData(gauge('a.rate', 1.5, { topic: 't' }), sum('b.total', -3n, 1), sum('c.total', 7n, 2));
    expect(decodeMetrics(bytes, limits)).toEqual([
      { name: 'a.rate', unit: 'ms', kind: 'gauge', value: 1.5, attributes: [['topic', 't']] },
      { name: 'b.total', unit: '', kind: 'delta', value: -3, attributes: [] },
      { name: 'c.total', unit: '', kind: 'sum', value: 7, attributes: [] },
    ]);
  });

  test('may have attributes that are no text', () => {
    const values = [
      message().varint(2, 1),
      message().varint(3, -5n),
      message().double(4, 0.5),
      message().bytes(5, 'x'),
    ];
    const point = message().double(4, 1);
    for (const [at, value] of values.entries()) point.bytes(7, message().bytes(1, `k${at}`).bytes(2, value));
    const metric = message().bytes(1, 'm').bytes(5, message().bytes(1, point));
    expect(decodeMetrics(metricsData(metric), limits)[0]?.attributes.map(([, value]) => value)).toEqual([
      'true',
      '-5',
      '0.5',
      '',
    ]);
  });

  test('of other kinds, and points without a value, are passed over', () => {
    const histogram = message()
      .bytes(1, 'h')
      .bytes(9, message().bytes(1, message().double(5, 1)));
    const empty = message()
      .bytes(1, 'e')
      .bytes(5, message().bytes(1, message().fixed64(3, 1n)));
    expect(decodeMetrics(metricsData(histogram, empty), limits)).toEqual([]);
    expect(decodeMetrics(new Uint8Array(), limits)).toEqual([]);
  });

  test.each([
    ['too many points', metricsData(...Array.from({ length: 101 }, (_, at) => gauge(`g${at}`, 1)))],
    ['too many attributes', metricsData(gauge('g', 1, { a: '1', b: '2', c: '3', d: '4', e: '5' }))],
    ['many messages with nothing in them', Buffer.alloc(2 * 5001).map((_, at) => (at % 2 === 0 ? 0x0a : 0))],
    ['a field beyond its message', Buffer.of(0x0a, 0x7f, 1)],
    ['a length of 2^63', Buffer.of(0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f)],
    ['a varint without end', Buffer.alloc(20, 0xff)],
    ['a wire type that does not exist', Buffer.of(0x0b)],
    ['a field without a number', Buffer.of(0x02, 0)],
  ])('%s is an error', (_, bytes) => {
    expect(() => decodeMetrics(bytes, limits)).toThrow(ProtobufError);
  });

  test('are decoded or refused, whatever the bytes are', () => {
    const good = metricsData(gauge('a.rate', 1.5, { topic: 't' }), sum('b.total', 3n, 1));
    const random = seededRandom(3);
    let refused = 0;
    for (let round = 0; round < 3000; round++) {
      const bytes = Buffer.from(good);
      for (let change = 0; change < 3; change++) bytes[below(random, bytes.length)] = below(random, 256);
      try {
        decodeMetrics(bytes.subarray(0, 1 + below(random, bytes.length)), limits);
      } catch (error) {
        expect(error).toBeInstanceOf(ProtobufError);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(100);
  });
});
