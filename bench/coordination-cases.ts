import { connect, type TLSSocket } from 'node:tls';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { scheduler } from 'node:timers/promises';
import { apiVersionsApi } from '../protocol/messages/index.ts';
import { encodeRequestFrame } from '../protocol/schema/index.ts';
import { type Bench, type BenchCase, pairedRounds, type Rounds } from './case.ts';
import { type Contender, measure, type Sample } from './contender.ts';
import { javaLoad } from './load.ts';
import { cpuSeconds, peakMiB, quiet, resetPeak } from './processes.ts';

async function loadRounds(
  bench: Bench,
  partitions: number,
  load: (contender: Contender, topic: string) => Promise<Sample>,
): Promise<Rounds> {
  const contenders = await bench.stage.with(['kafka', 'quarry', 'earlier']);
  return pairedRounds(bench, contenders, async (contender, others) => {
    const topic = await contender.topic(partitions);
    try {
      return await measure(contender, others, bench.scale.quietMs, () => load(contender, topic));
    } finally {
      await contender.drop(topic);
    }
  });
}

function transactionCase(name: string, title: string, producers: number): BenchCase {
  return {
    name,
    title,
    run: (bench) =>
      loadRounds(bench, 6, async (contender, topic) => {
        const { count, seconds, p50Ms, p99Ms } = await javaLoad(
          'transactions',
          contender.bootstrap,
          topic,
          producers,
          bench.scale.coordinationSeconds,
        );
        return { perSecond: count / seconds, p50Ms, p99Ms };
      }),
  };
}

const groups: BenchCase = {
  name: 'groups',
  title: '200 consumer groups of one member: until all have their partitions, then commits in turn',
  run: (bench) =>
    loadRounds(bench, 4, async (contender, topic) => {
      const { count, seconds, readyMs, p50Ms, p99Ms } = await javaLoad(
        'groups',
        contender.bootstrap,
        topic,
        200,
        bench.scale.coordinationSeconds,
      );
      return { readyMs, perSecond: count / seconds, p50Ms, p99Ms };
    }),
};

const CLIENTS = 500;
/** Handshakes at once: more would measure the client. */
const AT_ONCE = 20;

/** Connects and asks for the versions of the APIs, as every client does first. */
async function client(address: string, trusted: Buffer): Promise<TLSSocket> {
  const [host = '', port = ''] = address.split(':');
  const socket = connect({ host, port: Number(port), ca: trusted });
  await once(socket, 'secureConnect');
  const request = { clientSoftwareName: 'bench', clientSoftwareVersion: '1' };
  const frame = encodeRequestFrame(apiVersionsApi, 3, { correlationId: 1, clientId: 'bench' }, request);
  socket.write(Buffer.concat(frame));
  await once(socket, 'data');
  return socket;
}

async function tlsSample(bench: Bench, contender: Contender, trusted: Buffer): Promise<Sample> {
  const { pid } = contender.broker;
  await quiet(bench.scale.quietMs);
  resetPeak(pid);
  const before = peakMiB(pid);
  const cpu = cpuSeconds(pid);
  const began = performance.now();
  const sockets: TLSSocket[] = [];
  while (sockets.length < CLIENTS) {
    const some = Array.from({ length: AT_ONCE }, () => client(contender.bootstrap, trusted));
    sockets.push(...(await Promise.all(some)));
  }
  const readyMs = performance.now() - began;
  const brokerCpuSeconds = cpuSeconds(pid) - cpu;
  await scheduler.wait(2000);
  const idle = cpuSeconds(pid);
  await scheduler.wait(bench.scale.idleSeconds * 1000);
  const idlePercent = (100 * (cpuSeconds(pid) - idle)) / bench.scale.idleSeconds;
  const addedMiB = peakMiB(pid) - before;
  for (const socket of sockets) socket.destroy();
  return { readyMs, brokerCpuSeconds, idlePercent, addedMiB };
}

const tls: BenchCase = {
  name: 'tls-idle',
  title: `${CLIENTS} TLS clients: until all are connected, then idle, per cent of a core`,
  async run(bench) {
    const contenders = await bench.stage.with(['kafka-tls', 'quarry-tls']);
    const trusted = readFileSync(bench.stage.authority.trusted);
    const samples: Record<string, Sample> = {};
    for (const contender of contenders) samples[contender.name] = await tlsSample(bench, contender, trusted);
    return [samples];
  },
};

export const coordinationCases: readonly BenchCase[] = [
  transactionCase('transactions-1', 'transactions of one 1 KiB record, one Java producer', 1),
  transactionCase('transactions-20', 'transactions of one 1 KiB record, 20 Java producers', 20),
  groups,
];

export const tlsCases: readonly BenchCase[] = [tls];
