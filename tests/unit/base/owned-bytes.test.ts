import { MessageChannel } from 'node:worker_threads';
import { afterEach, describe, expect, test } from 'vitest';
import { Channel } from '../../../src/base/channel.ts';
import { giveBack, isOwned, own, ownedBytes } from '../../../src/base/owned-bytes.ts';

describe('owned bytes', () => {
  test('are empty, in all views, when they were given back', () => {
    const bytes = ownedBytes(1000).fill(7);
    const view = bytes.subarray(10, 20);
    giveBack(bytes);
    expect([bytes.length, view.length, bytes.buffer.byteLength]).toEqual([0, 0, 0]);
    giveBack(bytes);
  });

  test('are only those that were said to be: others stay when they are given back', () => {
    const pooled = Buffer.from('of a pool with others');
    giveBack(pooled);
    expect(isOwned(pooled)).toBe(false);
    expect(pooled.toString()).toBe('of a pool with others');
  });
});

describe('a channel', () => {
  const { port1, port2 } = new MessageChannel();
  afterEach(() => port1.close());

  test('moves owned bytes of an answer, which are owned on the other side, and copies others', async () => {
    const moved = ownedBytes(3).fill(1);
    const copied = Buffer.from([2]);
    new Channel(port1, { give: () => ({ moved, copied, none: null, text: 'x' }), nothing: () => undefined });
    type Given = { moved: Uint8Array; copied: Uint8Array; none: null; text: string };
    const other = new Channel<{ give: (none: null) => Given; nothing: (none: null) => void }>(port2, {});
    const given = await other.call('give', null);
    expect(given).toEqual({ moved: Uint8Array.of(1, 1, 1), copied: Uint8Array.of(2), none: null, text: 'x' });
    expect([isOwned(given.moved), isOwned(given.copied)]).toEqual([true, false]);
    expect(moved.length).toBe(0);
    expect(copied.length).toBe(1);
    expect(await other.call('nothing', null)).toBeUndefined();
    expect(isOwned(own(Uint8Array.of(1)))).toBe(true);
  });
});
