import type { Clock } from '../../../src/base/clock.ts';
import { type JsonObject, jsonMergeInterpreter } from '../../../src/state/interpreters.ts';
import { memoryStorage } from '../../../src/state/storage-memory.ts';
import type { StateProblem, Storage } from '../../../src/state/types.ts';
import { WriteAheadLog } from '../../../src/state/write-ahead-log.ts';

/** A clock that stands until it is set. */
export class SetClock implements Clock {
  time = 1_700_000_000_000;

  now(): number {
    return this.time;
  }

  monotonic(): number {
    return this.time;
  }

  after(): never {
    throw new Error('state sets no timers');
  }
}

/** A log of JSON over a storage, with a clock in hand. */
export function world(storage: Storage = memoryStorage(), checkpointThreshold = 3) {
  const clock = new SetClock();
  const problems: StateProblem[] = [];
  const open = (): WriteAheadLog<JsonObject> =>
    new WriteAheadLog({
      stateInterpreter: jsonMergeInterpreter,
      storage,
      serviceName: 'service',
      baseDir: '/state',
      checkpointThreshold,
      clock,
      report: (problem) => problems.push(problem),
    });
  const directory = '/state/service/client';
  return {
    storage,
    clock,
    problems,
    open,
    /** Names in the client's directory. */
    names: async () => (await storage.list(directory)).map((entry) => entry.name),
    textOf: async (name: string) => Buffer.from((await storage.read(`${directory}/${name}`)) ?? '').toString(),
    put: async (name: string, text: string) => {
      await storage.makeDirectory(directory);
      await storage.write(`${directory}/${name}`, new Uint8Array(Buffer.from(text)));
    },
  };
}
