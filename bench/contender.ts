import { spawnSync } from 'node:child_process';
import type { RunningBroker } from '../compat-tests/brokers/broker.ts';
import { librdkafka } from './load.ts';
import {
  cpuSeconds,
  endedChildrenCpuSeconds,
  machineCpuSeconds,
  peakMiB,
  quiet,
  resetPeak,
  signalTree,
} from './processes.ts';

/** Figures of one run of one case on one broker. What does not apply is missing. */
export interface Sample {
  mbPerS?: number;
  cpuSecondsPerGb?: number;
  /** The same with the work that the broker did after the client had ended, until it was quiet. */
  settledCpuSecondsPerGb?: number;
  brokerCpuSeconds?: number;
  clientCpuSeconds?: number;
  /** CPU used by everything else on the machine: well above 0 means a disturbed figure. */
  otherCpuSeconds?: number;
  stolenCpuSeconds?: number;
  peakMiB?: number;
  wallSeconds?: number;
  perSecond?: number;
  /** Memory that came with the clients. */
  addedMiB?: number;
  p50Ms?: number;
  p99Ms?: number;
  [more: string]: number | undefined;
}

/** A broker under measurement. */
export class Contender {
  readonly name: string;
  readonly broker: RunningBroker;
  peakMiB = 0;
  #topics = 0;

  constructor(name: string, broker: RunningBroker) {
    this.name = name;
    this.broker = broker;
  }

  get bootstrap(): string {
    return this.broker.bootstrap;
  }

  /** Creates a topic that is ready; gives its name. */
  async topic(partitions: number): Promise<string> {
    const name = `bench-${process.pid}-${++this.#topics}`;
    await librdkafka('topic', this.bootstrap, name, `${partitions}`);
    return name;
  }

  async drop(topic: string): Promise<void> {
    await librdkafka('drop', this.bootstrap, topic);
  }
}

/**
 * Runs `work` while every other broker is stopped by a signal, after dirty pages were written and the machine has become
 * quiet or `quietMs` have passed; adds what the broker cost to what `work` gives.
 */
export async function measure(
  contender: Contender,
  others: readonly Contender[],
  quietMs: number,
  work: () => Promise<Sample & { bytes?: number }>,
): Promise<Sample> {
  for (const other of others) signalTree(other.broker.pid, 'SIGSTOP');
  try {
    spawnSync('sync');
    await quiet(quietMs);
    const { pid } = contender.broker;
    resetPeak(pid);
    const [cpu, client, machine] = [cpuSeconds(pid), endedChildrenCpuSeconds(), machineCpuSeconds()];
    const began = process.hrtime.bigint();
    const { bytes, ...figures } = await work();
    const wallSeconds = Number(process.hrtime.bigint() - began) / 1e9;
    const brokerCpuSeconds = cpuSeconds(pid) - cpu;
    const clientCpuSeconds = endedChildrenCpuSeconds() - client;
    const after = machineCpuSeconds();
    const peak = peakMiB(pid);
    contender.peakMiB = Math.max(contender.peakMiB, peak);
    const sample: Sample = { ...figures, wallSeconds, brokerCpuSeconds, clientCpuSeconds, peakMiB: peak };
    sample.otherCpuSeconds = Math.max(0, after.busy - machine.busy - brokerCpuSeconds - clientCpuSeconds);
    sample.stolenCpuSeconds = after.stolen - machine.stolen;
    if (bytes !== undefined) {
      sample.cpuSecondsPerGb = brokerCpuSeconds / (bytes / 1e9);
      await quiet(quietMs);
      sample.settledCpuSecondsPerGb = (cpuSeconds(pid) - cpu) / (bytes / 1e9);
    }
    return sample;
  } finally {
    for (const other of others) signalTree(other.broker.pid, 'SIGCONT');
  }
}
