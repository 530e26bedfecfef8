import { expect, test } from 'vitest';
import { HEADER_BYTES } from '../../../src/wal/format.ts';
import { type CrashSite, crashSite, judge, recover, withSegment } from './images.ts';

async function cutEverywhere(site: CrashSite): Promise<string[]> {
  const wrong: string[] = [];
  for (let cut = HEADER_BYTES; cut <= site.written; cut++) {
    const image = withSegment(site, (bytes) => bytes.subarray(0, cut));
    const verdict = judge(site, await recover(image, site), cut >= site.synced);
    if (verdict !== undefined) wrong.push(`cut at ${cut}: ${verdict}`);
  }
  return wrong;
}

test('a fresh file cut at any byte keeps every acknowledged batch, and what is left is a prefix', async () => {
  const site = await crashSite(4, 2, false);
  expect(site.written).toBeGreaterThan(site.synced + 500);
  expect(site.synced).toBeGreaterThan(HEADER_BYTES + 500);
  expect(await cutEverywhere(site)).toEqual([]);
}, 120_000);

test('a file with an earlier life overwritten from any byte on with its old bytes does so too', async () => {
  const site = await crashSite(4, 2, true);
  const old = site.before.get(site.path)!;
  expect(old.subarray(site.synced).some((byte) => byte !== 0)).toBe(true);
  const wrong: string[] = [];
  for (let cut = HEADER_BYTES; cut <= site.written; cut++) {
    const image = withSegment(site, (bytes) => {
      bytes.set(old.subarray(cut, site.written), cut);
      return bytes;
    });
    const verdict = judge(site, await recover(image, site), cut >= site.synced);
    if (verdict !== undefined) wrong.push(`old from ${cut}: ${verdict}`);
  }
  expect(wrong).toEqual([]);
}, 120_000);
