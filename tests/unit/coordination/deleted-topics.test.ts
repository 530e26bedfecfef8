import { describe, expect, test } from 'vitest';
import { errorCode } from '../../../protocol/errors.ts';
import { offsetFetchApi } from '../../../protocol/messages/index.ts';
import { offsetFetchHandler } from '../../../src/kafka/handlers/09-offset-fetch.ts';
import { callerOf } from '../kafka/call.ts';
import { scriptTopics } from './script/memory-driver.ts';
import { type Coordination, commitRequest, openCoordinator } from './script/open-coordinator.ts';

const PRODUCER = { producerId: 7, producerEpoch: 0 };

/** What OffsetFetch says of t-0, to a client that names topics. */
async function fetched({
  coordinator,
}: Coordination): Promise<[offset: number | undefined, error: number | undefined]> {
  const call = callerOf([offsetFetchHandler(coordinator, scriptTopics)]);
  const topics = [{ name: 't', partitionIndexes: [0] }];
  const { groups } = await call(offsetFetchApi, 9, { groups: [{ groupId: 'g', topics }], requireStable: true });
  const partition = groups?.[0]?.topics[0]?.partitions[0];
  return [partition?.committedOffset, partition?.errorCode];
}

describe('when a topic is deleted', () => {
  test('a commit that is being written goes with it', async () => {
    const world = await openCoordinator();
    const committing = world.coordinator.commitOffsets(commitRequest('', -1, 5));
    world.coordinator.forgetTopics(() => false);
    expect((await committing).error).toBe('NONE');
    await world.pass(0);
    expect(world.coordinator.offsets('g').size).toBe(0);
    expect(await world.sql.query('SELECT * FROM group_offsets')).toEqual([]);
  });

  test('so does one that waits for the end of a transaction', async () => {
    const world = await openCoordinator();
    const holding = world.coordinator.holdOffsets({ ...commitRequest('', -1, 5), transactional: true }, PRODUCER);
    world.coordinator.forgetTopics(() => false);
    expect((await holding).error).toBe('NONE');
    await world.pass(0);
    expect(world.coordinator.isHeld('g', 't', 0)).toBe(false);
  });

  test('and its offsets could not be, they are not those of a new topic of that name', async () => {
    const world = await openCoordinator();
    await world.coordinator.commitOffsets(commitRequest('', -1, 5));
    expect(await fetched(world)).toEqual([-1, 0]);
    const topics = [{ ...commitRequest('', -1, 6).topics[0]!, topicId: scriptTopics.byName('t')!.topicId }];
    await world.coordinator.holdOffsets({ ...commitRequest('', -1, 6), topics, transactional: true }, PRODUCER);
    expect(await fetched(world)).toEqual([-1, errorCode.UNSTABLE_OFFSET_COMMIT]);
    world.coordinator.releaseOffsets('g', PRODUCER.producerId, true);
    expect(await fetched(world)).toEqual([6, 0]);
  });
});
