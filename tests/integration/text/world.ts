import { Broker, type BrokerOptions } from '../../../src/broker/index.ts';
import type { Settings } from '../../../src/config/settings.ts';
import { TestClient } from '../broker/client.ts';

/** A broker whose processor works at once and often, and whose searches wait for a slow machine. */
export const BUSY: Partial<Settings> = {
  'kafka.port': 0,
  'http.port': 0,
  'processor.interval.ms': 100,
  'processor.min.segment.age.ms': 0,
  'processor.garbage.grace.ms': 0,
  'wal.seal.bytes': 64 * 1024,
  'wal.seal.age.ms': 50,
  'search.max.wait.ms': 5000,
};

/** The processor does nothing unless asked. */
export const CALM: Partial<Settings> = {
  ...BUSY,
  'processor.interval.ms': 3_600_000,
  'wal.seal.age.ms': 3_600_000,
};

export interface World {
  readonly broker: Broker;
  readonly client: TestClient;
}

export async function startWorld(options: BrokerOptions): Promise<World> {
  const broker = await Broker.start(options);
  return { broker, client: new TestClient({ bootstrap: broker.bootstrap, http: broker.httpAddress }) };
}

export async function stopWorld({ broker, client }: World): Promise<void> {
  await client.close();
  await broker.stop();
}
