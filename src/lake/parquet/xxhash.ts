/** A number of 64 bits as two signed halves, changed in place: bigints would cost a hundred times as much. */
class Word {
  high = 0;
  low = 0;

  set(high: number, low: number): void {
    this.high = high | 0;
    this.low = low | 0;
  }

  xor(high: number, low: number): void {
    this.high ^= high;
    this.low ^= low;
  }

  add(high: number, low: number): void {
    const sum = (this.low >>> 0) + (low >>> 0);
    this.high = (this.high + high + (sum > 0xffffffff ? 1 : 0)) | 0;
    this.low = sum | 0;
  }

  /** The lower 64 bits of the product. */
  times(high: number, low: number): void {
    const [a, b, c, d] = [this.low >>> 16, this.low & 0xffff, low >>> 16, low & 0xffff];
    const last = Math.imul(b, d);
    const one = (Math.imul(a, d) >>> 0) + (last >>> 16);
    const other = (Math.imul(b, c) >>> 0) + (one & 0xffff);
    const carried = Math.imul(a, c) + (one >>> 16) + (other >>> 16);
    this.high = (carried + Math.imul(this.high, low) + Math.imul(this.low, high)) | 0;
    this.low = ((other & 0xffff) << 16) | (last & 0xffff);
  }

  /** By 1 to 31 bits to the left. */
  rotate(bits: number): void {
    const { high, low } = this;
    this.high = (high << bits) | (low >>> (32 - bits));
    this.low = (low << bits) | (high >>> (32 - bits));
  }

  /** `this ^= this >>> bits`. */
  fold(bits: number): void {
    const { high, low } = this;
    if (bits >= 32) this.low ^= high >>> (bits - 32);
    else this.xor(high >>> bits, (low >>> bits) | (high << (32 - bits)));
  }
}

type Prime = readonly [high: number, low: number];
const PRIME1: Prime = [0x9e3779b1, 0x85ebca87];
const PRIME2: Prime = [0xc2b2ae3d, 0x27d4eb4f];
const PRIME3: Prime = [0x165667b1, 0x9e3779f9];
const PRIME4: Prime = [0x85ebca77, 0xc2b2ae63];
const PRIME5: Prime = [0x27d4eb2f, 0x165667c5];

const hash = new Word();
const lane = new Word();
const lanes = [new Word(), new Word(), new Word(), new Word()] as const;
const LANE_ROTATIONS = [1, 7, 12, 18] as const;

/** Takes eight bytes into a lane. */
function round(into: Word, bytes: Buffer, at: number): void {
  lane.set(bytes.readInt32LE(at + 4), bytes.readInt32LE(at));
  mix(into);
}

function mix(into: Word): void {
  lane.times(PRIME2[0], PRIME2[1]);
  into.add(lane.high, lane.low);
  into.rotate(31);
  into.times(PRIME1[0], PRIME1[1]);
}

/** Blocks of 32 bytes, in four lanes; leaves them merged in `hash`. Gives where the rest begins. */
function blocks(bytes: Buffer, position: number, end: number): number {
  lanes[0].set(...PRIME1);
  lanes[0].add(...PRIME2);
  lanes[1].set(...PRIME2);
  lanes[2].set(0, 0);
  lanes[3].set(~PRIME1[0], -PRIME1[1]);
  let at = position;
  for (; at + 32 <= end; at += 32) for (let i = 0; i < 4; i++) round(lanes[i]!, bytes, at + 8 * i);
  hash.set(0, 0);
  for (let i = 0; i < 4; i++) {
    lane.set(lanes[i]!.high, lanes[i]!.low);
    lane.rotate(LANE_ROTATIONS[i]!);
    hash.add(lane.high, lane.low);
  }
  for (const { high, low } of lanes) {
    lane.set(high, low);
    merge();
    hash.times(...PRIME1);
    hash.add(...PRIME4);
  }
  return at;
}

const merged = new Word();

/** Takes what is in `lane` into the hash. */
function merge(): void {
  merged.set(0, 0);
  mix(merged);
  hash.xor(merged.high, merged.low);
}

/** XXH64 with seed 0 of `length` bytes from `position` on: the lower half of the hash at `into[at]`, the upper one behind it. */
export function xxhash64(bytes: Buffer, position: number, length: number, into: Uint32Array, at: number): void {
  const end = position + length;
  let next = position;
  if (length >= 32) next = blocks(bytes, position, end);
  else hash.set(...PRIME5);
  hash.add(0, length);
  for (; next + 8 <= end; next += 8) {
    lane.set(bytes.readInt32LE(next + 4), bytes.readInt32LE(next));
    merge();
    hash.rotate(27);
    hash.times(...PRIME1);
    hash.add(...PRIME4);
  }
  if (next + 4 <= end) {
    lane.set(0, bytes.readInt32LE(next));
    lane.times(...PRIME1);
    hash.xor(lane.high, lane.low);
    hash.rotate(23);
    hash.times(...PRIME2);
    hash.add(...PRIME3);
    next += 4;
  }
  for (; next < end; next++) {
    lane.set(0, bytes[next]!);
    lane.times(...PRIME5);
    hash.xor(lane.high, lane.low);
    hash.rotate(11);
    hash.times(...PRIME1);
  }
  hash.fold(33);
  hash.times(...PRIME2);
  hash.fold(29);
  hash.times(...PRIME3);
  hash.fold(32);
  into[at] = hash.low;
  into[at + 1] = hash.high;
}
