/** Durable state of clients: a small library of its own. */
export { type Clock, systemClock } from '../base/clock.ts';
export { type Random, systemRandom } from '../base/random.ts';
export { openInlineSqlite } from '../metadata/sqlite-inline.ts';
export { openObjectStore } from '../objects/open.ts';
export {
  type ConsumerState,
  consumerStateInterpreter,
  type Json,
  type JsonObject,
  jsonMergeInterpreter,
} from './interpreters.ts';
export { fileSystemStorage, StorageStopped } from './storage-files.ts';
export { memoryStorage } from './storage-memory.ts';
export { objectStorage } from './storage-objects.ts';
export { sqlStorage } from './storage-sql.ts';
export type * from './types.ts';
export { WriteAheadLog, type WriteAheadLogOptions } from './write-ahead-log.ts';
