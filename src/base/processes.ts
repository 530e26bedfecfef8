import { readFileSync } from 'node:fs';

/** Processes as the program may see them: to tell whether the one that holds a lock still lives. */
export interface Processes {
  /** Text that names this process among all that ever ran on this machine. */
  readonly self: string;
  /** Whether the process of that name still runs. */
  alive(name: string): boolean;
}

/** Start time of a process in clock ticks since boot, from Linux's /proc; undefined elsewhere, or when there is none. */
function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined; // No such process, or no /proc.
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The machine's processes. A process is named by its id and start time, so that a reused id is not taken for it. */
export const systemProcesses: Processes = {
  self: `${process.pid} ${startTime(process.pid) ?? '-'}`,
  alive(name) {
    const [id = '', started = '-'] = name.split(' ');
    const pid = Number(id);
    if (!Number.isSafeInteger(pid) || pid <= 0 || !exists(pid)) return false;
    return started === '-' || started === (startTime(pid) ?? started);
  },
};
