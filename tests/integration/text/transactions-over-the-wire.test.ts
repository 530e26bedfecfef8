import { expect, test } from 'vitest';
import { startWorld, stopWorld } from './world.ts';

test('a search finds what a Kafka client committed, and nothing that it aborted or has not ended', async () => {
  const world = await startWorld({ settings: { 'search.max.wait.ms': 5000 } });
  const { client } = world;
  try {
    await client.createTopic('t', 2);
    const producer = client.kafka.producer({ transactionalId: 'tx', maxInFlightRequests: 1, idempotent: true });
    await producer.connect();
    for (const outcome of ['committed', 'aborted', 'open']) {
      const transaction = await producer.transaction();
      const messages = [0, 1].map((partition) => ({ partition, value: `payment ${outcome}` }));
      await transaction.send({ topic: 't', messages });
      if (outcome === 'committed') await transaction.commit();
      if (outcome === 'aborted') await transaction.abort();
      await client.send('t', ['payment plain'], 0);
      const plain = outcome === 'committed' ? 1 : 2;
      expect(await client.exact('t', 'payment'), outcome).toBe(plain + 2);
      expect(await client.exact('t', 'aborted')).toBe(0);
      expect(await client.exact('t', 'open')).toBe(0);
      if (outcome !== 'open') continue;
      await transaction.commit();
      expect(await client.exact('t', 'open')).toBe(2);
      expect(await client.exact('t', 'payment')).toBe(7);
    }
    await producer.disconnect();
  } finally {
    await stopWorld(world);
  }
}, 60_000);
