import { uuidToString } from '../../../src/base/random.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { codecs } from '../../../src/base/compression.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { PackColdStore } from '../../../src/log/pack-cold-store.ts';
import { sectionRegistry } from '../../../src/metadata/registry.ts';
import { openInlineSqlite } from '../../../src/metadata/sqlite-inline.ts';
import { createTopic } from '../../../src/metadata/topics.ts';
import type { SectionRow } from '../../../src/metadata/types.ts';
import { faulty, type StoreFault } from '../../../src/objects/faulty.ts';
import { memoryStore } from '../../../src/objects/memory.ts';
import type { ObjectStore } from '../../../src/objects/types.ts';
import { packOf, TOPIC_A } from '../packs/batches.ts';

export const TOPIC = uuidToString(TOPIC_A);

/** A cold store over objects in memory; `faults` is asked before each request. */
export async function coldFixture(decorate: (store: ObjectStore) => ObjectStore = (store) => store) {
  const sql = openInlineSqlite(':memory:');
  const sections = sectionRegistry(sql);
  const objects = memoryStore(systemClock);
  const faults: StoreFault[] = [];
  const requests: string[] = [];
  const watched = faulty(objects, (operation, key) => {
    requests.push(`${operation} ${key}`);
    return faults.shift();
  });
  await sql.transaction(createTopic({ topicId: TOPIC, name: 'logs', partitions: 1, created: 0 }, []));
  const cold = new PackColdStore({
    sections,
    store: decorate(watched),
    codecs,
    decompressedLimitBytes: 1_000_000,
    logger: silentLogger,
  });
  /** Stores a pack with one section of partition 0 and registers it. */
  const add = async (objectKey: string, batches: readonly Uint8Array[], generation = 0): Promise<SectionRow> => {
    const pack = packOf([
      { topicId: new Uint8Array(16), partition: 9, batches: [batches[0] ?? new Uint8Array()] },
      { topicId: TOPIC_A, partition: 0, generation, batches },
    ]);
    const section = pack.sections[1];
    if (section === undefined) throw new Error('no section');
    const { indexLength: _length, indexCrc: _crc, ...facts } = section;
    const row = { ...facts, topicId: TOPIC, objectKey, created: 1 };
    await objects.put(objectKey, pack.bytes);
    await sql.transaction([sections.insert(row)]);
    return row;
  };
  return { sql, sections, objects, faults, requests, cold, add };
}
