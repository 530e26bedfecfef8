import type { JsonDocument, ProcessorControl } from '../http/deps.ts';
import { attentionOf } from '../processor/attention.ts';
import { runAll } from '../processor/jobs/run-all.ts';
import type { Processing } from './processing.ts';
import type { Topics } from './topics.ts';

/** The processor as people see and steer it. */
export function processorControl(processing: Processing, { log }: Topics): ProcessorControl {
  const { packs, text, tables, compaction, jobs } = processing;
  async function status(): Promise<JsonDocument> {
    // A thread that has died says no more than that: the rest is wanted most then.
    const ofText = await text.status().catch((error: Error) => ({ failing: error.message, ended: true }));
    const parts = { packs: packs.status(), text: ofText, tables: await tables.status() };
    const kinds = jobs.kinds();
    const attention = attentionOf({
      ...parts,
      wal: { failure: log.failure?.message, trouble: log.wal.trouble?.message, overLimit: log.wal.overLimit },
      jobs: jobs.jobs(),
      paused: jobs.allPaused,
      pausedKinds: kinds.flatMap(({ name, paused }) => (paused && !jobs.held ? [name] : [])),
    });
    const replay = await processing.replay().catch(() => undefined);
    return {
      attention,
      ...(replay !== undefined && { replay }),
      ...parts,
      compaction: compaction.status(),
      jobs: { kinds, jobs: jobs.jobs() },
    };
  }
  return {
    status,
    async pause() {
      await processing.pause();
      await jobs.remembered();
      return status();
    },
    async resume() {
      await processing.resume();
      await jobs.remembered();
      return status();
    },
    async run() {
      await runAll(jobs);
      return status();
    },
  };
}
