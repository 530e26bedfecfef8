import { memoryUsage, resourceUsage } from 'node:process';
import { performance } from 'node:perf_hooks';
import type { Metrics } from './metrics.ts';

const MICROSECONDS = 1_000_000;

/** What the whole process uses. For the main thread only. */
export function processMetrics(metrics: Metrics): void {
  metrics.countersFrom('quarry_process_cpu_seconds_total', 'CPU time of all threads.', ['mode'], () => {
    const { userCPUTime, systemCPUTime } = resourceUsage();
    return [
      [{ mode: 'user' }, userCPUTime / MICROSECONDS],
      [{ mode: 'system' }, systemCPUTime / MICROSECONDS],
    ];
  });
  metrics.gaugeFrom('quarry_process_resident_bytes', 'Memory of the process that the system holds.', () =>
    memoryUsage.rss(),
  );
}

/** What this thread uses of memory and time. `thread` names it. */
export function threadMetrics(metrics: Metrics, thread: string): void {
  metrics.gaugesFrom('quarry_thread_memory_bytes', 'Memory of a thread.', ['thread', 'kind'], () => {
    const { heapUsed, external } = memoryUsage();
    return [
      [{ thread, kind: 'heap' }, heapUsed],
      // Buffers are among what is external.
      [{ thread, kind: 'external' }, external],
    ];
  });
  metrics.countersFrom('quarry_thread_busy_seconds_total', 'Time that a thread did not wait.', ['thread'], () => [
    [{ thread }, performance.eventLoopUtilization().active / 1000],
  ]);
}
