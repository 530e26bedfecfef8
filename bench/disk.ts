import { closeSync, constants, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Percentile of sorted values. */
export function percentile(sorted: readonly number[], at: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * at))] ?? Number.NaN;
}

/**
 * What the disk itself takes to make a record durable: appends `bytes` to a growing file and calls fdatasync, one after the
 * other, `count` times. Milliseconds.
 */
export function rawAppendAndSync(folder: string, bytes: number, count: number): { p50Ms: number; p99Ms: number } {
  const path = join(folder, 'quarry-bench-fdatasync');
  const file = openSync(path, constants.O_CREAT | constants.O_TRUNC | constants.O_WRONLY | constants.O_APPEND);
  const block = Buffer.alloc(bytes, 'x');
  const times: number[] = [];
  try {
    for (let i = 0; i < count; i++) {
      const began = process.hrtime.bigint();
      writeSync(file, block);
      fdatasyncSync(file);
      times.push(Number(process.hrtime.bigint() - began) / 1e6);
    }
  } finally {
    closeSync(file);
    rmSync(path, { force: true });
  }
  times.sort((a, b) => a - b);
  return { p50Ms: percentile(times, 0.5), p99Ms: percentile(times, 0.99) };
}
