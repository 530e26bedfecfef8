import { fileURLToPath } from 'node:url';
import { huntPlantedBugs, type PlantedBug } from './planted-bugs.ts';
import { simulateShare } from './share.ts';
import type { SharePartitions } from '../src/coordination/share/partitions.ts';

/** Bugs as edits of files in src/coordination/share. */
export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'acknowledgements are answered before they are durable',
    file: 'partition-lane.ts',
    find: 'const written = this.#deps.write(after).then(',
    replace: 'void this.#deps.write(after).catch(() => undefined); const written = Promise.resolve().then(',
  },
  {
    name: 'a failed write is taken for done',
    file: 'partition-lane.ts',
    find: 'for (const { fail } of tasks) fail(error);',
    replace: 'this.#apply(tasks);',
  },
  {
    name: 'an end of locks that could not be written is not tried again',
    file: 'partition-lane.ts',
    find: 'if (!this.#closed) this.#expiry = { at: -1, timer: this.#timer(RETRY_MS) };',
    replace: '',
  },
  {
    name: 'the end of a session takes what the next session was given',
    file: 'release.ts',
    find: '{ first, last },\n      maxDeliveries,',
    replace: '{ first: 0, last: before.next },\n      maxDeliveries,',
  },
  {
    name: 'held records are handed out again',
    file: 'redeliver.ts',
    find: "if (run.state !== 'available' || run.last < first",
    replace: "if ((run.state !== 'available' && run.state !== 'acquired') || run.last < first",
  },
  {
    name: 'records of another member can be acknowledged',
    file: 'acknowledge.ts',
    find: "if (run.owner !== memberId) return refuse('INVALID_RECORD_STATE', 'The records are acquired by another member.');",
    replace: '',
  },
  {
    name: 'records that are not held any more can be acknowledged',
    file: 'acknowledge.ts',
    find: "if (run.state !== 'acquired') return refuse('INVALID_RECORD_STATE', 'The records are not acquired.');",
    replace: "if (run.state !== 'acquired') continue;",
  },
  {
    name: 'the limit of deliveries does not hold when locks end',
    file: 'release.ts',
    find: 'const isDone = run.last < start || run.deliveryCount >= maxDeliveries;',
    replace: 'const isDone = run.last < start;',
  },
  {
    name: 'a released record is archived',
    file: 'acknowledge.ts',
    find: "if (type === ACKNOWLEDGE.release && run.deliveryCount < maxDeliveries) state = 'available';",
    replace: '',
  },
  {
    name: 'acknowledged records are stored as available',
    file: 'stored.ts',
    find: "return code === STATE_CODES.archived ? 'archived' : 'available';",
    replace: "return 'available';",
  },
  {
    name: 'delivery counts are not stored',
    file: 'stored.ts',
    find: "if (state === 'acquired') return run(first, last, 'available', deliveryCount - 1);\n  return run(first, last, state, deliveryCount);",
    replace: "return run(first, last, state === 'acquired' ? 'available' : state, 1);",
  },
  {
    name: 'what the stored state does not know is passed over',
    file: 'stored.ts',
    find: 'if (first > next) batches.push(unreadBatch(next, first - 1));',
    replace: '',
  },
  {
    name: 'the start moves over records that are held',
    file: 'progress.ts',
    find: 'return batch.runs.find(({ state }) => !isFinal(state))?.first;',
    replace: "return batch.runs.find(({ state }) => state === 'available')?.first;",
  },
  {
    name: 'where the group began is forgotten by a restart',
    file: 'partitions.ts',
    find: "if (reset === 'earliest') return log.logStartOffset;",
    replace: "if (reset === 'earliest') return this.#options.sql === undefined ? 0 : log.highWatermark;",
  },
  {
    name: 'records that the log has lost are handed out',
    file: 'progress.ts',
    find: 'if (logStart <= partition.start) return partition;',
    replace: 'if (logStart <= partition.next) return partition;',
  },
  {
    name: 'a renewal does not last',
    file: 'acknowledge.ts',
    find: 'return { ...run, lockedUntil: env.now + lockMs };',
    replace: 'return run;',
  },
];

const FOLDER = new URL('../src/coordination/share/', import.meta.url).href;

if (process.argv[1] === fileURLToPath(import.meta.url))
  await huntPlantedBugs(FOLDER, plantedBugs, Number(process.argv[2] ?? 300), async (query) => {
    const planted = (await import(`${FOLDER}partitions.ts${query}`)) as { SharePartitions: typeof SharePartitions };
    return (seed) => simulateShare(seed, (options) => new planted.SharePartitions(options));
  });
