import { readFileSync, writeFileSync } from 'node:fs';
import { scheduler } from 'node:timers/promises';
import { processTree } from '../compat-tests/brokers/process-tree.ts';

/** Linux counts CPU time in hundredths of a second wherever Node runs. */
const TICKS_PER_SECOND = 100;

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // the process or thread ended meanwhile
  }
}

function cpuTicks(pid: number): number {
  const fields = read(`/proc/${pid}/stat`).split(') ')[1]?.split(' ') ?? [];
  return Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
}

/** CPU seconds (user and system) that a process and its descendants have used. */
export function cpuSeconds(pid: number): number {
  return processTree(pid).reduce((sum, one) => sum + cpuTicks(one), 0) / TICKS_PER_SECOND;
}

/** Sum of the peaks of resident memory of a process and its descendants, in MiB, since the last reset. */
export function peakMiB(pid: number): number {
  const kib = processTree(pid).map((one) => Number(/VmHWM:\s+(\d+)/.exec(read(`/proc/${one}/status`))?.[1] ?? 0));
  return kib.reduce((sum, one) => sum + one, 0) / 1024;
}

/** Starts the peak of memory anew. */
export function resetPeak(pid: number): void {
  for (const one of processTree(pid)) {
    try {
      writeFileSync(`/proc/${one}/clear_refs`, '5');
    } catch {
      // Not allowed on this machine: the peak then counts from the start of the process.
    }
  }
}

/** CPU seconds of children of this process that have ended. */
export function endedChildrenCpuSeconds(): number {
  const fields = read('/proc/self/stat').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[13] ?? 0) + Number(fields[14] ?? 0)) / TICKS_PER_SECOND;
}

/** CPU seconds that the whole machine was busy, and that its hypervisor took away. */
export function machineCpuSeconds(): { busy: number; stolen: number } {
  const ticks = read('/proc/stat').split('\n')[0]?.trim().split(/\s+/).slice(1).map(Number) ?? [];
  const at = (index: number): number => ticks[index] ?? 0;
  return {
    busy: (at(0) + at(1) + at(2) + at(5) + at(6)) / TICKS_PER_SECOND,
    stolen: at(7) / TICKS_PER_SECOND,
  };
}

/** Stops or continues every process of a tree. */
export function signalTree(pid: number, signal: 'SIGSTOP' | 'SIGCONT'): void {
  for (const one of processTree(pid)) {
    try {
      process.kill(one, signal);
    } catch {
      // It ended meanwhile.
    }
  }
}

/** Waits until the machine uses less than a third of one core, or time is up. */
export async function quiet(limitMs: number): Promise<void> {
  for (let waited = 0; waited < limitMs; waited += 500) {
    const before = machineCpuSeconds().busy;
    await scheduler.wait(500);
    if (machineCpuSeconds().busy - before < 0.17) return;
  }
}
