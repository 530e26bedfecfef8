import { connect } from 'node:net';
import {
  fetchApi,
  initProducerIdApi,
  listOffsetsApi,
  produceApi,
  saslAuthenticateApi,
  saslHandshakeApi,
} from '../protocol/messages/index.ts';
import { buildBatch } from '../protocol/records/index.ts';
import { encodeRequestFrame } from '../protocol/schema/index.ts';
import { codecs } from '../src/base/compression.ts';
import { crc32c } from '../src/base/crc32c.ts';
import { below, type Random } from '../src/base/random.ts';
import { MemoryBudget } from '../src/kafka/budget.ts';
import { FrameLengthError, FrameReader } from '../src/kafka/frames.ts';
import { Slabs } from '../src/base/slabs.ts';
import type { ListenerOptions } from '../src/kafka/listener.ts';
import { plainMechanism, PlainUsers } from '../src/security/sasl/plain.ts';
import { startServer } from '../tests/unit/kafka/wire.ts';
import type { FuzzTarget } from './run.ts';

/** A well-formed request of one of the APIs that read most. */
function goodRequest(random: Random): Buffer {
  const header = { correlationId: below(random, 1000), clientId: 'fuzz' };
  const records = buildBatch({ baseOffset: 0 }, [{ timestamp: 1, value: random.bytes(30) }], codecs, crc32c);
  const partition = below(random, 3);
  switch (below(random, 6)) {
    case 4:
      return Buffer.concat(encodeRequestFrame(saslHandshakeApi, below(random, 2), header, { mechanism: 'PLAIN' }));
    case 5:
      return Buffer.concat(encodeRequestFrame(saslAuthenticateApi, 1, header, { authBytes: random.bytes(20) }));
    case 0: {
      const topicData = [{ name: 't', partitionData: [{ index: partition, records }] }];
      return Buffer.concat(encodeRequestFrame(produceApi, 9, header, { acks: 1, timeoutMs: 10, topicData }));
    }
    case 1: {
      const topics = [{ topic: 't', partitions: [{ partition, fetchOffset: 0, partitionMaxBytes: 1000 }] }];
      const body = { maxWaitMs: 1, minBytes: 1, sessionEpoch: below(random, 3) - 1, topics };
      return Buffer.concat(encodeRequestFrame(fetchApi, 12, header, body));
    }
    case 2: {
      const topics = [{ name: 't', partitions: [{ partitionIndex: partition, timestamp: below(random, 9) - 6 }] }];
      return Buffer.concat(encodeRequestFrame(listOffsetsApi, 8, header, { replicaId: -1, isolationLevel: 1, topics }));
    }
    default: {
      const body = { transactionalId: null, transactionTimeoutMs: 1 };
      return Buffer.concat(encodeRequestFrame(initProducerIdApi, 4, header, body));
    }
  }
}

function garbage(random: Random): Buffer {
  const bytes = Buffer.concat(Array.from({ length: 1 + below(random, 4) }, () => goodRequest(random)));
  for (let count = below(random, 6); count > 0; count--) bytes[below(random, bytes.length)] = below(random, 256);
  return below(random, 3) === 0 ? bytes.subarray(0, below(random, bytes.length)) : bytes;
}

function send(port: number, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('error', () => {});
    socket.on('data', () => {});
    socket.on('close', () => resolve());
    socket.end(bytes);
  });
}

/** A listener that wants a login, and takes no time to refuse. */
const secured: Partial<ListenerOptions> = {
  protocol: 'SASL_PLAINTEXT',
  sasl: {
    mechanisms: [plainMechanism(new PlainUsers([]))],
    maxReauthMs: () => 0,
    maxReceiveBytes: 10_000,
    failureDelayMs: 0,
  },
};

async function serverUnderGarbage(
  random: Random,
  iterations: number,
  listener: Partial<ListenerOptions> = {},
): Promise<void> {
  const { port, server, metrics } = await startServer({}, { listener });
  const before = process.memoryUsage().rss;
  for (let i = 0; i < iterations; i += 20) {
    await Promise.all(Array.from({ length: 20 }, () => send(port, garbage(random))));
  }
  const grown = process.memoryUsage().rss - before;
  const held = /quarry_kafka_queued_request_bytes (\d+)/.exec(await metrics.text())?.[1];
  await server.close(1000);
  if (held !== '0') throw new Error(`${held} bytes of requests are still held`);
  if (grown > 512 << 20) throw new Error(`memory grew by ${grown} bytes`);
}

/** Frames of random sizes, cut at random places, come out as they went in. */
function cutFrames(random: Random): void {
  const shared = Buffer.alloc(256);
  const budget = new MemoryBudget(-1);
  const got: Buffer[] = [];
  let busy = false;
  const reader = new FrameReader(shared, new Slabs(), 1 << 20, budget, {
    accept(frame) {
      if (below(random, 5) === 0) busy = !busy;
      if (busy) return false;
      got.push(Buffer.from(frame));
      budget.release(frame.length);
      return true;
    },
    mayStart: () => below(random, 20) !== 0,
    mayGrow: () => below(random, 3) !== 0,
  });
  const bodies = Array.from({ length: 1 + below(random, 8) }, () =>
    random.bytes(below(random, below(random, 10) === 0 ? 40_000 : 700)),
  );
  const stream = Buffer.concat(
    bodies.map((body) => {
      const length = Buffer.alloc(4);
      length.writeInt32BE(body.length);
      return Buffer.concat([length, body]);
    }),
  );
  let at = 0;
  // A socket asks for the next buffer at once, and fills it when more has come.
  let target = reader.target();
  for (let steps = 0; at < stream.length || reader.blocked; steps++) {
    if (steps > 100_000) throw new Error('the reader does not go on');
    if (reader.blocked) reader.resume();
    else {
      const count = Math.min(target.length, stream.length - at, 1 + below(random, 300));
      target.set(stream.subarray(at, at + count));
      at += count;
      reader.received(count, target);
      target = reader.target();
      shared.fill(0xee);
    }
  }
  if (Buffer.compare(Buffer.concat(got), Buffer.concat(bodies)) !== 0) throw new Error('frames were changed');
  if (budget.used !== 0) throw new Error('the budget is not balanced');
}

export const targets: readonly FuzzTarget[] = [
  { name: 'connection: garbage on the port', run: (random, iterations) => serverUnderGarbage(random, iterations / 10) },
  {
    name: 'connection: garbage instead of a login',
    run: (random, iterations) => serverUnderGarbage(random, iterations / 10, secured),
  },
  {
    name: 'connection: frames cut anywhere',
    run(random, iterations) {
      for (let i = 0; i < iterations; i++) cutFrames(random);
    },
  },
  {
    name: 'connection: random bytes as frames',
    run(random, iterations) {
      for (let i = 0; i < iterations; i++) {
        const budget = new MemoryBudget(-1);
        const accept = (frame: Uint8Array): boolean => {
          budget.release(frame.length);
          return true;
        };
        const reader = new FrameReader(new Uint8Array(64), new Slabs(), 1 << 20, budget, {
          accept,
          mayStart: () => true,
          mayGrow: () => true,
        });
        try {
          for (let reads = 0; reads < 5; reads++) {
            const target = reader.target();
            const bytes = random.bytes(Math.min(target.length, 1 + below(random, 64)));
            target.set(bytes);
            reader.received(bytes.length, target);
          }
        } catch (error) {
          if (!(error instanceof FrameLengthError)) throw error;
        }
        reader.close();
        if (budget.used !== 0) throw new Error('the budget is not balanced');
      }
    },
  },
];
