import { noLog } from '../../../../simulation/share-settings.ts';
import { createMetrics, type Metrics } from '../../../../src/base/metrics.ts';
import { silentLogger } from '../../../../src/base/logger.ts';
import { seededRandom } from '../../../../src/base/random.ts';
import { GroupCoordinator } from '../../../../src/coordination/coordinator.ts';
import type { JoinRequest } from '../../../../src/coordination/classic/types.ts';
import type { ConsumerHeartbeat } from '../../../../src/coordination/consumer/types.ts';
import { SqlUnavailable } from '../../../../src/metadata/errors.ts';
import { openMetadata } from '../../../../src/metadata/open.ts';
import type { SqlEngine } from '../../../../src/metadata/types.ts';
import { ManualClock } from '../../../../simulation/groups-clock.ts';
import { scriptSettings, scriptTopics, settle } from './memory-driver.ts';
import { subscriptionBytes } from './metadata.ts';

/** A coordinator on a store that can be made to fail. */
export interface Coordination {
  readonly coordinator: GroupCoordinator;
  readonly clock: ManualClock;
  readonly sql: SqlEngine;
  readonly metrics: Metrics;
  /** How many transactions fail from now on. */
  failing: number;
  /** How many take place from now on although they are reported as failed. */
  lying: number;
  /** Transactions that were asked for. */
  writes: number;
  /** By how much the wall clock is wrong, ms. */
  skewMs: number;
  readonly pass: (ms: number) => Promise<void>;
}

export async function openCoordinator(inner?: SqlEngine): Promise<Coordination> {
  const store = inner ?? (await openMetadata('memory:'));
  const clock = new ManualClock();
  const metrics = createMetrics();
  const state = { failing: 0, lying: 0, writes: 0, skewMs: 0 };
  const sql: SqlEngine = {
    query: (text, params) => store.query(text, params),
    async transaction(statements) {
      state.writes++;
      if (state.failing-- > 0) throw new SqlUnavailable('disk full');
      state.failing = Math.max(0, state.failing);
      await store.transaction(statements);
      if (state.lying-- > 0) throw new SqlUnavailable('no answer');
      state.lying = Math.max(0, state.lying);
    },
    close: () => store.close(),
  };
  const random = seededRandom(1);
  const coordinator = await GroupCoordinator.open({
    sql,
    clock: {
      now: () => clock.now() + state.skewMs,
      monotonic: () => clock.monotonic(),
      after: (delayMs, task) => clock.after(delayMs, task),
    },
    random,
    logger: silentLogger,
    metrics,
    settings: scriptSettings,
    topics: scriptTopics,
    log: noLog,
    overrides: () => new Map(),
    mayDescribe: () => true,
  });
  coordinator.start();
  const pass = async (ms: number): Promise<void> => {
    const end = clock.now() + ms;
    do await settle();
    while (clock.runNext(end));
  };
  return Object.assign(state, { coordinator, clock, sql, metrics, pass });
}

/** A JoinGroup of a member that is taken at once. */
export function joinRequest(fields: Partial<JoinRequest> = {}): JoinRequest {
  return {
    groupId: 'g',
    memberId: '',
    instanceId: null,
    clientId: 'client',
    clientHost: '/127.0.0.1',
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 10_000,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: subscriptionBytes('t') }],
    requireKnownMemberId: false,
    supportsSkippingAssignment: true,
    ...fields,
  };
}

/** Makes a stable group `g` with one member and gives its id. */
export async function stableGroup(
  { coordinator, pass }: Coordination,
  instanceId: string | null = null,
): Promise<string> {
  const joining = coordinator.joinGroup(joinRequest({ instanceId }));
  await pass(0);
  const { memberId, generation } = await joining;
  await coordinator.syncGroup(syncRequest(memberId, generation));
  return memberId;
}

export const syncRequest = (memberId: string, generation: number): Parameters<GroupCoordinator['syncGroup']>[0] => ({
  groupId: 'g',
  memberId,
  instanceId: null,
  generation,
  protocolType: 'consumer',
  protocolName: 'range',
  assignments: [{ memberId, assignment: new Uint8Array([1, 2, 3]) }],
});

export const commitRequest = (
  memberId: string,
  generation: number,
  offset: number,
): Parameters<GroupCoordinator['commitOffsets']>[0] => ({
  groupId: 'g',
  memberId,
  instanceId: null,
  generation,
  transactional: false,
  version: 9,
  knowsGroupIdNotFound: true,
  retentionTimeMs: -1,
  topics: [
    { topic: 't', topicId: 'topic-id', partitions: [{ partition: 0, offset, leaderEpoch: -1, metadata: null }] },
  ],
});

/** A heartbeat of KIP-848 by which a member joins. */
export const consumerHeartbeat = (memberId: string, topics: readonly string[] = ['t']): ConsumerHeartbeat => ({
  groupId: 'g',
  memberId,
  epoch: 0,
  instanceId: null,
  rackId: null,
  rebalanceTimeoutMs: 10_000,
  topics,
  regex: null,
  assignor: null,
  owned: new Map(),
  clientId: 'client',
  clientHost: '/127.0.0.1',
  makesOwnId: true,
  requester: { principal: 'User:ANONYMOUS', host: '127.0.0.1' },
});
