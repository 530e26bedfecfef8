import { sleep, systemClock } from '../src/base/clock.ts';
import { type Bench, type BenchCase, pairedRounds, type Rounds } from './case.ts';
import { type Contender, measure, type Sample } from './contender.ts';
import { javaConsume, javaProduce, librdkafka, type Moved } from './load.ts';
import { payloadFile } from './payload.ts';

const PARTITIONS = 6;
const BATCH_16K = ['batch.size=16384'];
const BATCH_256K = ['batch.size=262144', 'linger.ms=5'];

type Load = (contender: Contender, topic: string) => Promise<Moved>;

function figures(moved: Moved): Sample & { bytes: number } {
  return { mbPerS: moved.bytes / 1e6 / moved.seconds, bytes: moved.bytes };
}

/**
 * Paired rounds of producing to a new topic each time. An unmeasured run first, and a pause before each round, bring the brokers to where they are in use: what
 * came before is packed, and its files are there to be written again.
 */
async function produceRounds(
  bench: Bench,
  contenders: readonly Contender[],
  partitions: number,
  load: Load,
): Promise<Rounds> {
  const once = async (contender: Contender, work: (topic: string) => Promise<Sample>): Promise<Sample> => {
    const topic = await contender.topic(partitions);
    try {
      return await work(topic);
    } finally {
      await contender.drop(topic);
    }
  };
  for (const contender of contenders) {
    bench.progress(`warming up ${contender.name}`);
    await once(contender, (topic) => warmUp(bench, contender, topic).then(() => ({})));
  }
  return pairedRounds(bench, contenders, (contender, others) =>
    once(contender, async (topic) => {
      await sleep(systemClock, bench.scale.settleMs);
      return measure(contender, others, bench.scale.quietMs, async () => figures(await load(contender, topic)));
    }),
  );
}

function warmUp({ scale }: Bench, { bootstrap }: Contender, topic: string): Promise<Moved> {
  return librdkafka('produce', bootstrap, topic, `${scale.warmUpRecords}`, payloadFile(), 'acks=all');
}

/** Paired rounds of reading a topic that was filled once. */
async function readRounds(bench: Bench, load: Load): Promise<Rounds> {
  const contenders = await bench.stage.with(['kafka', 'quarry', 'earlier']);
  const topics = new Map<Contender, string>();
  for (const contender of contenders) {
    bench.progress(`filling ${contender.name}`);
    const topic = await contender.topic(PARTITIONS);
    topics.set(contender, topic);
    const count = `${bench.scale.produceRecords}`;
    await librdkafka('produce', contender.bootstrap, topic, count, payloadFile(), 'acks=all', 'batch.size=262144');
  }
  const rounds = await pairedRounds(bench, contenders, (contender, others) =>
    measure(contender, others, bench.scale.quietMs, async () =>
      figures(await load(contender, topics.get(contender) ?? '')),
    ),
  );
  for (const [contender, topic] of topics) await contender.drop(topic);
  return rounds;
}

function javaProduceCase(name: string, title: string, settings: readonly string[]): BenchCase {
  return {
    name,
    title,
    async run(bench) {
      const contenders = await bench.stage.with(['kafka', 'quarry', 'earlier']);
      const load: Load = (contender, topic) =>
        javaProduce(contender.bootstrap, topic, bench.scale.produceRecords, settings);
      return produceRounds(bench, contenders, PARTITIONS, load);
    },
  };
}

const librdkafkaProduce: BenchCase = {
  name: 'librdkafka-produce',
  title: 'librdkafka produce, 1 KiB, acks=all',
  async run(bench) {
    const contenders = await bench.stage.with(['kafka', 'quarry', 'earlier']);
    const count = `${bench.scale.produceRecords}`;
    return produceRounds(bench, contenders, PARTITIONS, (contender, topic) =>
      librdkafka('produce', contender.bootstrap, topic, count, payloadFile(), 'acks=all'),
    );
  },
};

const javaRead: BenchCase = {
  name: 'java-read',
  title: 'Java read from the beginning, 1 KiB',
  run: (bench) =>
    readRounds(bench, (contender, topic) => javaConsume(contender.bootstrap, topic, bench.scale.produceRecords)),
};

const librdkafkaRead: BenchCase = {
  name: 'librdkafka-read',
  title: 'librdkafka read from the beginning, 1 KiB',
  run: (bench) =>
    readRounds(bench, (contender, topic) =>
      librdkafka('consume', contender.bootstrap, topic, `${bench.scale.produceRecords}`),
    ),
};

const randomPartitions: BenchCase = {
  name: 'random-1000',
  title: 'librdkafka produce, each record to a random one of 1,000 partitions',
  async run(bench) {
    const contenders = await bench.stage.with(['kafka', 'quarry', 'earlier']);
    const count = `${bench.scale.randomRecords}`;
    const settings = ['acks=all', 'partitioner=random', 'sticky.partitioning.linger.ms=0'];
    return produceRounds(bench, contenders, 1000, (contender, topic) =>
      librdkafka('produce', contender.bootstrap, topic, count, payloadFile(), ...settings),
    );
  },
};

const againstFsync: BenchCase = {
  name: 'java-produce-256k-fsync',
  title: 'Java produce, 256k batches, against Kafka with fsync on every append',
  async run(bench) {
    const contenders = await bench.stage.with(['kafka-fsync', 'quarry']);
    return produceRounds(bench, contenders, PARTITIONS, (contender, topic) =>
      javaProduce(contender.bootstrap, topic, Math.ceil(bench.scale.produceRecords / 2), BATCH_256K),
    );
  },
};

const librdkafkaAgainstFsync: BenchCase = {
  name: 'librdkafka-produce-256k-fsync',
  title: 'librdkafka produce, 256k batches, against Kafka with fsync on every append',
  async run(bench) {
    const contenders = await bench.stage.with(['kafka-fsync', 'quarry']);
    const settings = ['acks=all', ...BATCH_256K];
    return produceRounds(bench, contenders, PARTITIONS, (contender, topic) =>
      librdkafka(
        'produce',
        contender.bootstrap,
        topic,
        `${Math.ceil(bench.scale.produceRecords / 2)}`,
        payloadFile(),
        ...settings,
      ),
    );
  },
};

export const throughputCases: readonly BenchCase[] = [
  javaProduceCase('java-produce-16k', 'Java produce, 1 KiB, acks=all, 16k batches', BATCH_16K),
  javaProduceCase('java-produce-256k', 'Java produce, 1 KiB, acks=all, 256k batches', BATCH_256K),
  librdkafkaProduce,
  javaRead,
  librdkafkaRead,
  randomPartitions,
];

export const fsyncCases: readonly BenchCase[] = [againstFsync, librdkafkaAgainstFsync];
