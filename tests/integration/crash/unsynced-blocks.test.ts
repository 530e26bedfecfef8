import { expect, test } from 'vitest';
import { below, type Random, seededRandom } from '../../../src/base/random.ts';
import { type CrashSite, crashSite, judge, recover, withSegment } from './images.ts';

type Fate = 'written' | 'old' | 'zero' | 'garbage';

/** The segment with each unsynced block given its fate. What was durable in a block stays: disks write sectors whole. */
function withFates(site: CrashSite, block: number, fates: readonly Fate[], random: Random): Uint8Array {
  const bytes = site.image.get(site.path)!.slice();
  const old = site.before.get(site.path)!;
  for (const [i, fate] of fates.entries()) {
    const from = Math.max(site.synced, blockStart(site, block, i));
    const to = Math.min(bytes.length, blockStart(site, block, i + 1));
    for (let at = from; at < to; at++)
      if (fate !== 'written') bytes[at] = fate === 'old' ? (old[at] ?? 0) : fate === 'zero' ? 0 : below(random, 256);
  }
  return bytes;
}

const blockStart = (site: CrashSite, block: number, i: number): number => (Math.floor(site.synced / block) + i) * block;
const blocksOf = (site: CrashSite, block: number): number =>
  Math.ceil(site.written / block) - Math.floor(site.synced / block);

async function judgeFates(site: CrashSite, block: number, fates: readonly Fate[], seed: number): Promise<string[]> {
  const image = withSegment(site, () => withFates(site, block, fates, seededRandom(seed)));
  const verdict = judge(site, await recover(image, site), true);
  return verdict === undefined ? [] : [`blocks of ${block}: ${fates.join(' ')} (seed ${seed}): ${verdict}`];
}

for (const lost of ['old', 'zero', 'garbage'] as const)
  test(`every subset of the unsynced 512-byte blocks may be ${lost} after a crash`, async () => {
    const site = await crashSite(3, 2, true);
    const blocks = blocksOf(site, 512);
    expect(blocks).toBeGreaterThan(4);
    expect(blocks).toBeLessThan(10);
    const wrong: string[] = [];
    for (let subset = 0; subset < 2 ** blocks; subset++) {
      const fates = Array.from({ length: blocks }, (_, i): Fate => ((subset >> i) & 1 ? lost : 'written'));
      wrong.push(...(await judgeFates(site, 512, fates, subset)));
    }
    expect(wrong).toEqual([]);
  }, 120_000);

test('mixed fates of many blocks, drawn by a seed, lose nothing either', async () => {
  const kinds: Fate[] = ['written', 'old', 'zero', 'garbage'];
  const wrong: string[] = [];
  for (const recycled of [false, true]) {
    const site = await crashSite(2, 8, recycled);
    for (const block of [512, 4096]) {
      const blocks = blocksOf(site, block);
      expect(blocks).toBeGreaterThan(1);
      for (let seed = 1; seed <= 200; seed++) {
        const random = seededRandom(seed);
        const fates = Array.from({ length: blocks }, () => kinds[below(random, 4)]!);
        wrong.push(...(await judgeFates(site, block, fates, seed)));
      }
    }
  }
  expect(wrong).toEqual([]);
}, 120_000);

test('one bit flipped anywhere in what was durable is noticed: no other value takes the place of an acknowledged one', async () => {
  const site = await crashSite(3, 1, false);
  const wrong: string[] = [];
  for (let at = 4096; at < site.synced; at += 3) {
    const image = withSegment(site, (bytes) => {
      bytes[at] = bytes[at]! ^ (1 << (at % 8));
      return bytes;
    });
    const { first, second } = await recover(image, site);
    if (JSON.stringify(first) !== JSON.stringify(second)) wrong.push(`bit at ${at}: recovering again gave another log`);
    for (const [number, found] of first.entries()) {
      const sent = new Set(site.values[number]!.map((value, offset) => `${offset}=${value}`));
      if (!found.every((value) => sent.has(value)))
        wrong.push(`bit at ${at}: partition ${number} holds ${found.join(' ')}`);
    }
  }
  expect(wrong).toEqual([]);
}, 120_000);
