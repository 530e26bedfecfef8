import { scheduler } from 'node:timers/promises';
import { temporaryFolder } from '../compat-tests/brokers/broker.ts';
import { type Bench, type BenchCase, pairedRounds, type Rounds } from './case.ts';
import { measure, type Sample } from './contender.ts';
import { rawAppendAndSync } from './disk.ts';
import { librdkafka, type Moved, type Times } from './load.ts';
import { payloadFile, RECORD_BYTES } from './payload.ts';
import { cpuSeconds, quiet } from './processes.ts';

/** One record in flight; and in the same rounds what the disk itself takes for an append and fdatasync of as many bytes. */
const ack: BenchCase = {
  name: 'ack',
  title: 'ack of one 1 KiB record in flight (librdkafka), and raw append + fdatasync',
  async run(bench) {
    const contenders = await bench.stage.with(['kafka', 'quarry', 'earlier']);
    const topics = new Map<string, string>();
    for (const contender of contenders) topics.set(contender.name, await contender.topic(1));
    const count = `${bench.scale.ackRecords}`;
    const disk: Sample[] = [];
    const rounds = await pairedRounds(bench, contenders, async (contender, others) => {
      const topic = topics.get(contender.name) ?? '';
      const sample = await measure(contender, others, bench.scale.quietMs, async () => {
        if (contender.name === 'quarry')
          disk.push({ ...rawAppendAndSync(bench.folder, RECORD_BYTES, bench.scale.rawSyncs) });
        const { p50Ms, p99Ms } = await librdkafka<Times>('ack', contender.bootstrap, topic, count, 'acks=all');
        return { p50Ms, p99Ms };
      });
      return sample;
    });
    for (const contender of contenders) await contender.drop(topics.get(contender.name) ?? '');
    return rounds.map((round, index) => ({ ...round, disk: disk[index] ?? {} }));
  },
};

/** Every start comes after kill −9 on a log of 1 GiB that nothing has drained. */
const ready: BenchCase = {
  name: 'ready',
  title: 'ready after kill −9 with a WAL of 1 GiB, from the start of the process',
  async run(bench) {
    await bench.stage.with([]);
    const data = temporaryFolder(bench.stage.base.base, 'ready');
    const flags = ['--processor.min.segment.age.ms', '36000000'];
    const start = (): ReturnType<typeof bench.stage.quarry> => bench.stage.quarry({ data, flags });
    let broker = await start();
    bench.progress('writing 1 GiB');
    await librdkafka('topic', broker.bootstrap, 'ready', '6');
    const count = `${bench.scale.walRecords}`;
    await librdkafka<Moved>('produce', broker.bootstrap, 'ready', count, payloadFile(), 'acks=all');
    const rounds: Rounds = [];
    for (let round = 0; round < bench.scale.readyStarts; round++) {
      bench.progress(`start ${round + 1} of ${bench.scale.readyStarts}`);
      await broker.stop({ signal: 'SIGKILL', keep: true });
      await quiet(bench.scale.quietMs);
      broker = await start();
      rounds.push({ quarry: { readyMs: broker.readyMs } });
    }
    const all = await librdkafka<Moved>('consume', broker.bootstrap, 'ready', count);
    await broker.stop();
    if (all.bytes !== bench.scale.walRecords * RECORD_BYTES) throw new Error(`${all.bytes} bytes after the restarts`);
    return rounds;
  },
};

const idle: BenchCase = {
  name: 'idle',
  title: 'idle with 1,000 partitions, per cent of a core',
  async run(bench: Bench) {
    const contenders = await bench.stage.with(['kafka', 'quarry']);
    const samples: Record<string, Sample> = {};
    for (const contender of contenders) {
      const topic = await contender.topic(1000);
      bench.progress(contender.name);
      await quiet(2 * bench.scale.quietMs);
      await scheduler.wait(2000);
      const before = cpuSeconds(contender.broker.pid);
      await scheduler.wait(bench.scale.idleSeconds * 1000);
      const used = cpuSeconds(contender.broker.pid) - before;
      samples[contender.name] = { idlePercent: (100 * used) / bench.scale.idleSeconds };
      await contender.drop(topic);
    }
    return [samples];
  },
};

export const latencyCases: readonly BenchCase[] = [ack, idle];
export const readyCases: readonly BenchCase[] = [ready];
