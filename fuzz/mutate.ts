import { below, type Random } from '../src/base/random.ts';

/** `bytes` with some of them changed, cut, doubled, put in or left out. */
export function mutate(random: Random, bytes: Uint8Array): Buffer {
  let out = Buffer.from(bytes);
  for (let count = below(random, 4); count >= 0; count--) {
    const at = below(random, out.length + 1);
    const dice = below(random, 7);
    if (dice === 0) out = out.subarray(0, at);
    else if (dice === 1) out = Buffer.concat([out.subarray(0, at), random.bytes(below(random, 12)), out.subarray(at)]);
    else if (dice === 2) out = Buffer.concat([out.subarray(0, at), out.subarray(at + below(random, 12))]);
    else if (dice === 3) out = Buffer.concat([out.subarray(0, at), out.subarray(below(random, at + 1))]);
    else if (at < out.length)
      out[at] = dice === 4 ? [0, 1, 0x7f, 0x80, 0xff][below(random, 5)]! : out[at]! ^ (1 << below(random, 8));
  }
  return out;
}

/** Throws where a task takes more of the processor: bad input costs nobody else anything. Other programs on the machine do not count. */
export function stopwatch(milliseconds: number, what = 'it'): () => void {
  const started = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(started);
    const took = Math.round((user + system) / 1000);
    if (took > milliseconds) throw new Error(`${what} took ${took} ms`);
  };
}

/** What a task gives; throws when it took longer. */
export function within<T>(milliseconds: number, task: () => T): T {
  const check = stopwatch(milliseconds);
  try {
    const result = task();
    check();
    return result;
  } catch (error) {
    check();
    throw error;
  }
}
