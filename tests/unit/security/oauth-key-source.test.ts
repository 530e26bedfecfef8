import { beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../../simulation/groups-clock.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { KeySource } from '../../../src/security/oauth/key-source.ts';
import { ecKey } from './jwt.ts';

const settings = { url: 'https://issuer/keys', refreshMs: 60_000, retryMs: 100, maxRetryMs: 1000 };
const sets = ['one', 'two'].map((kid) => JSON.stringify({ keys: [ecKey(kid).jwk] }));

let clock: ManualClock;
let reads: number[];
let answer: () => string;
let source: KeySource;

beforeEach(() => {
  clock = new ManualClock(0);
  reads = [];
  answer = () => sets[0]!;
  source = new KeySource({
    settings,
    clock,
    logger: silentLogger,
    read: () => {
      reads.push(clock.now());
      return new Promise((resolve) => resolve(answer()));
    },
  });
});

async function until(time: number): Promise<void> {
  do for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  while (clock.runNext(time));
}
const ids = (): unknown[] => source.keys.map(({ id }) => id);

test('keys are read at the start and from time to time', async () => {
  await source.start();
  expect(ids()).toEqual(['one']);
  answer = () => sets[1]!;
  await until(60_000);
  await until(60_000);
  expect(ids()).toEqual(['two']);
  expect(reads).toEqual([0, 60_000]);
});

test('a reading that fails is tried again with growing pauses, and the old keys stay', async () => {
  await source.start();
  answer = () => {
    throw new Error('down');
  };
  await until(64_000);
  expect(reads).toEqual([0, 60_000, 60_100, 60_300, 60_700, 61_500, 62_500, 63_500]);
  expect(ids()).toEqual(['one']);
  answer = () => sets[1]!;
  await until(64_600);
  expect(ids()).toEqual(['two']);
});

test('an unknown key makes it read early, but not at every token', async () => {
  await source.start();
  source.expedite();
  await until(9999);
  expect(reads).toEqual([0]);
  await until(10_000);
  source.expedite();
  source.expedite();
  await until(10_000);
  expect(reads).toEqual([0, 10_000]);
});

test('nothing is read any more when it is closed', async () => {
  await source.start();
  source.close();
  await until(200_000);
  expect(reads).toEqual([0]);
});
