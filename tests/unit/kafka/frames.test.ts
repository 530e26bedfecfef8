import { describe, expect, test } from 'vitest';
import { below, seededRandom } from '../../../src/base/random.ts';
import { MemoryBudget } from '../../../src/kafka/budget.ts';
import { FrameLengthError, FrameReader } from '../../../src/kafka/frames.ts';
import { Slabs } from '../../../src/base/slabs.ts';

function frame(body: Uint8Array): Uint8Array {
  const out = Buffer.alloc(4 + body.length);
  out.writeInt32BE(body.length);
  out.set(body, 4);
  return out;
}

/** A reader over a receive buffer of 1 KiB that is overwritten with 0xee between reads. */
function reading(maxBytes = 1 << 22, budget = new MemoryBudget(-1)) {
  const shared = Buffer.alloc(1024);
  const frames: Buffer[] = [];
  const state = { accepts: true };
  const resume = (): void => reader.resume();
  const sink = {
    accept(bytes: Uint8Array) {
      if (!state.accepts) return false;
      frames.push(Buffer.from(bytes));
      budget.release(bytes.length, resume);
      return true;
    },
    mayStart() {
      if (budget.exhausted) budget.whenAvailable(resume);
      return !budget.exhausted;
    },
    mayGrow: () => budget.mayGrow(resume),
  };
  const reader = new FrameReader(shared, new Slabs(), maxBytes, budget, sink);
  /** The number of bytes that were taken. */
  const feed = (bytes: Uint8Array, atMost = Infinity): number => {
    let at = 0;
    while (at < bytes.length && !reader.blocked) {
      const target = reader.target();
      const count = Math.min(target.length, bytes.length - at, atMost);
      target.set(bytes.subarray(at, at + count));
      reader.received(count, target);
      shared.fill(0xee);
      at += count;
    }
    return at;
  };
  return { reader, feed, frames, state, budget, resume };
}

describe('bytes of a connection', () => {
  test('become the same frames however they are cut', () => {
    const random = seededRandom(3);
    const bodies = Array.from({ length: 60 }, () => Buffer.from(random.bytes(below(random, 5000))));
    const stream = Buffer.concat(bodies.map(frame));
    for (const atMost of [1, 3, 700, 1024, 1 << 20]) {
      const { feed, frames, budget } = reading();
      feed(stream, atMost);
      expect(frames.length).toBe(60);
      expect(Buffer.compare(Buffer.concat(frames), Buffer.concat(bodies))).toBe(0);
      expect(budget.used).toBe(0);
    }
  });

  test('of a frame of several megabytes are joined', () => {
    const body = Buffer.from(seededRandom(4).bytes(3_000_001));
    const { feed, frames, budget } = reading();
    feed(Buffer.concat([frame(body), frame(Buffer.from('after'))]));
    expect(Buffer.compare(frames[0]!, body)).toBe(0);
    expect(frames[1]!.toString()).toBe('after');
    expect(budget.used).toBe(0);
  });

  test('that name a negative or too large length are refused', () => {
    expect(() => reading().feed(Uint8Array.of(0xff, 0xff, 0xff, 0xff))).toThrow(FrameLengthError);
    expect(() => reading(1000).feed(Uint8Array.of(0, 0, 0x03, 0xe9))).toThrow(FrameLengthError);
    expect(() => reading(1000).feed(Uint8Array.of(0, 0, 0x03, 0xe8))).not.toThrow();
  });

  test('that name a large length and nothing more take little memory', () => {
    const { reader, feed, budget } = reading(100 << 20);
    feed(Uint8Array.of(0x06, 0x00, 0, 0, 1, 2, 3));
    expect(budget.used).toBeLessThanOrEqual(16 * 1024);
    reader.close();
    expect(budget.used).toBe(0);
  });
});

describe('a frame that is not taken', () => {
  test('is offered again, with everything behind it, in order', () => {
    const { reader, feed, frames, state, budget } = reading();
    const stream = Buffer.concat(['one', 'two', 'three'].map((text) => frame(Buffer.from(text))));
    state.accepts = false;
    feed(stream);
    // What others receive meanwhile goes into the same buffer.
    reader.target().fill(0xee);
    expect(reader.blocked).toBe(true);
    reader.resume();
    expect(frames).toEqual([]);
    state.accepts = true;
    reader.resume();
    expect(frames.map(String)).toEqual(['one', 'two', 'three']);
    expect(reader.blocked).toBe(false);
    expect(budget.used).toBe(0);
  });

  test('is given back to the budget when the connection ends', () => {
    const { reader, feed, state, budget } = reading();
    state.accepts = false;
    feed(frame(Buffer.alloc(500)));
    expect(budget.used).toBe(500);
    reader.close();
    expect(budget.used).toBe(0);
  });
});

describe('a frame that begins after the socket has asked for its next buffer', () => {
  test('is not mixed up with what then arrives in the receive buffer', () => {
    const { reader, feed, frames, state } = reading();
    const large = Buffer.from(seededRandom(6).bytes(1500));
    const stream = Buffer.concat([frame(Buffer.from('one')), frame(large), frame(Buffer.from('three'))]);
    state.accepts = false;
    feed(stream.subarray(0, 900));
    const asked = reader.target();
    state.accepts = true;
    reader.resume();
    expect(reader.blocked).toBe(false);
    const rest = stream.subarray(900);
    asked.set(rest);
    reader.received(rest.length, asked);
    expect(frames.map((bytes) => bytes.toString('hex'))).toEqual(
      [Buffer.from('one'), large, Buffer.from('three')].map((bytes) => bytes.toString('hex')),
    );
  });
});

describe('while the budget is exhausted', () => {
  test('no further frame starts, and it goes on when bytes are free', async () => {
    const { reader, feed, frames, budget } = reading(1 << 20, new MemoryBudget(100));
    budget.take(100);
    feed(frame(Buffer.from('waits')));
    expect(reader.blocked).toBe(true);
    expect(frames).toEqual([]);
    let woken = 0;
    budget.whenAvailable(() => woken++);
    budget.release(100);
    await Promise.resolve();
    expect(woken).toBe(1);
    reader.resume();
    expect(frames.map(String)).toEqual(['waits']);
  });

  test('frames that have begun go on one at a time', async () => {
    const budget = new MemoryBudget(64 * 1024);
    const readers = Array.from({ length: 10 }, () => reading(1 << 22, budget));
    const bodies = readers.map((_, index) => Buffer.alloc(3_000_000, index));
    const left = bodies.map((body) => frame(body));
    let peak = 0;
    while (left.some((rest) => rest.length > 0)) {
      for (const [index, { reader, feed }] of readers.entries()) {
        if (reader.blocked) continue;
        left[index] = left[index]!.subarray(feed(left[index]!.subarray(0, 1000)));
      }
      peak = Math.max(peak, budget.used);
      await Promise.resolve();
    }
    expect(readers.map(({ frames }) => frames.length)).toEqual(readers.map(() => 1));
    for (const [index, { frames }] of readers.entries()) expect(Buffer.compare(frames[0]!, bodies[index]!)).toBe(0);
    expect(peak).toBeLessThan(2 * 3_000_000);
    expect(budget.used).toBe(0);
  });

  test('one that goes on above the limit and ends lets the next one go on', async () => {
    const budget = new MemoryBudget(1000);
    const [first, second] = [reading(1 << 22, budget), reading(1 << 22, budget)];
    first.feed(frame(Buffer.alloc(50_000)).subarray(0, 4 + 16 * 1024));
    expect(first.reader.blocked).toBe(false);
    budget.forget(first.resume);
    first.reader.close();
    second.feed(frame(Buffer.alloc(50_000)));
    await Promise.resolve();
    expect(second.frames.length).toBe(1);
  });
});
