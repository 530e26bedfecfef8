import { silentLogger } from '../../../src/base/logger.ts';
import { seededRandom } from '../../../src/base/random.ts';
import type { ObjectStore } from '../../../src/objects/types.ts';
import { memoryStore } from '../../../src/objects/memory.ts';
import { TextPartition } from '../../../src/processor/text/partition.ts';
import { TextSealer } from '../../../src/processor/text/sealer.ts';
import { TextSeals } from '../../../src/processor/text/seals.ts';
import type { SealedText } from '../../../src/processor/text/types.ts';
import { ManualClock } from './manual-clock.ts';

/** Lets everything that can go on go on. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** A partition whose log ends at `end`, of which nothing is indexed. */
export function partitionWith(topicId: string, number: number, end = 0): TextPartition {
  const partition = new TextPartition(topicId, { partition: number, logStart: 0, end, covered: [] }, 7);
  partition.reach(end, end);
  return partition;
}

/** Adds `count` records that follow. */
export function grow(partition: TextPartition, count: number, now: number): void {
  for (let n = 0; n < count; n++) {
    const offset = partition.followed;
    const slice = partition.growing(offset, 1, now);
    const value = Buffer.from(`record number ${offset}`);
    slice.index.add({ offset, timestamp: offset, key: null, value, headers: [] });
    partition.reach(offset, offset + 1);
  }
}

/** Sealing over a store whose puts wait for `open`, and fail while `down`. */
export class SealingWorld {
  readonly clock = new ManualClock();
  readonly partitions: TextPartition[] = [];
  readonly registered: SealedText[] = [];
  readonly abandoned: string[] = [];
  readonly sealer: TextSealer;
  readonly seals: TextSeals;
  down = false;
  puts = 0;
  #gate: Promise<void> = Promise.resolve();
  open: () => void = () => {};

  constructor(memoryBytes: number) {
    const inner = memoryStore(this.clock);
    const store: ObjectStore = {
      ...inner,
      put: async (key, body, options) => {
        this.puts++;
        await this.#gate;
        if (this.down) throw new Error('the store is down');
        return inner.put(key, body, options);
      },
    };
    this.sealer = new TextSealer({
      store,
      random: seededRandom(3),
      logger: silentLogger,
      basePath: 'indexes',
      host: {
        announce: () => Promise.resolve(),
        abandon: (key) => void this.abandoned.push(key),
        register: async (_key, segments) => void this.registered.push(...segments),
      },
    });
    this.seals = new TextSeals({
      sealer: this.sealer,
      clock: this.clock,
      memoryBytes,
      partitions: () => this.partitions,
      onSealed: () => {},
      byItself: () => true,
    });
  }

  /** From now on puts wait until `open` is called. */
  close(): void {
    this.#gate = new Promise((resolve) => {
      this.open = resolve;
    });
  }
}
