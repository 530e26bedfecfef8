import { expect, test } from 'vitest';
import { processorControl } from '../../../src/broker/processor-control.ts';
import { EngineWorld } from '../text/engines.ts';
import { CALM } from '../text/world.ts';

test('a text thread that has died keeps nothing else from being paused and resumed', async () => {
  const world = await EngineWorld.open({ settings: { ...CALM, 'data.dir': 'memory:' } });
  try {
    const { processing } = world.engines;
    const dead = () => Promise.reject(new Error('the text thread has ended'));
    Object.assign(processing.text, { pause: dead, resume: dead });
    const paused = async () => [
      processing.packs.status().paused,
      (await processing.tables.status()).paused,
      processing.jobs.kinds().some((kind) => kind.paused),
    ];
    await expect(processing.pause()).rejects.toThrow('the text thread has ended');
    expect(await paused()).toEqual([true, true, true]);
    await expect(processing.resume()).rejects.toThrow('the text thread has ended');
    expect(await paused()).toEqual([false, false, false]);
  } finally {
    await world.close();
  }
});

test('the status says that the text thread has died, and the rest as ever', async () => {
  const world = await EngineWorld.open({ settings: { ...CALM, 'data.dir': 'memory:' } });
  try {
    const { processing, topics } = world.engines;
    const dead = () => Promise.reject(new Error('the text thread has ended'));
    Object.assign(processing.text, { status: dead });
    expect(await processorControl(processing, topics).status()).toMatchObject({
      attention: [{ part: 'text', reason: 'the text thread has ended', todo: expect.stringMatching(/^restart/) }],
      text: { failing: 'the text thread has ended' },
      tables: { paused: false },
      packs: { failing: undefined },
    });
  } finally {
    await world.close();
  }
});
