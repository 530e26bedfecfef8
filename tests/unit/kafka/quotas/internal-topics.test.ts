import { expect, test } from 'vitest';
import type { RequestContext } from '../../../../src/kafka/handler.ts';
import { createInternalTopics } from '../../../../src/kafka/handlers/streams-topics.ts';
import { QuotaLimits } from '../../../../src/kafka/quotas/limits.ts';
import { openWorld } from '../../log/catalog-world.ts';
import { HeldClock, quotasOf } from './quota-world.ts';

const context = { principal: 'User:app', clientId: 'app-1', may: () => true } as unknown as RequestContext;

const topicOf = (name: string) => ({ name, partitions: 20, replicationFactor: -1, configs: [] });

test('internal topics above the quota of mutations are named, and come when the quota has room again', async () => {
  const limits = new QuotaLimits();
  limits.set({ user: 'app' }, 'controller_mutation_rate', 1);
  const clock = new HeldClock();
  const { catalog } = await openWorld();
  const parts = { catalog, quotas: quotasOf(limits, clock) };
  const topics = [topicOf('app-a-changelog'), topicOf('app-b-changelog')];
  expect(await createInternalTopics(parts, topics, context)).toBe(
    'Creation failed: app-b-changelog (A quota is used up.).',
  );
  expect(catalog.byName('app-a-changelog')?.partitions).toBe(20);
  expect(catalog.byName('app-b-changelog')).toBeUndefined();
  clock.ms += 60_000;
  expect(await createInternalTopics(parts, topics, context)).toBe('');
  expect(catalog.byName('app-b-changelog')?.partitions).toBe(20);
});
