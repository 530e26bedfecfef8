import { MessageChannel } from 'node:worker_threads';
import { systemClock } from '../base/clock.ts';

/** One Ctrl-C comes several times where npm, or the program that started this one, passes on what the terminal has sent already. */
const SAME_PRESS_MS = 1000;

/**
 * Aborted when the process is asked to end, by SIGINT or SIGTERM; the reason is an Error whose cause is the signal's name. Asked once more, later than by
 * the same key press, the process ends at once.
 */
export function endAsked(): AbortSignal {
  const asked = new AbortController();
  let since = 0;
  for (const [name, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15],
  ] as const)
    process.on(name, () => {
      const now = systemClock.monotonic();
      if (!asked.signal.aborted) {
        since = now;
        asked.abort(new Error(`ended by ${name}`, { cause: name }));
      } else if (now - since > SAME_PRESS_MS) process.exit(128 + number);
    });
  return asked.signal;
}

/** Resolves as `task` does. Until then the process goes on, even if all that it waits for is a timer, which alone does not keep a process. */
export async function awake<T>(task: () => Promise<T>): Promise<T> {
  const { port1 } = new MessageChannel();
  port1.on('message', () => {});
  try {
    return await task();
  } finally {
    port1.close();
  }
}

/** Output that nobody reads any more, as in `quarry settings | head`, is no failure; `onClosed` is told of it. */
export function tolerateClosedOutput(onClosed: () => void): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      onClosed();
    });
}
