import type { Logger } from '../base/logger.ts';

const MIB = 1024 * 1024;
const BAR = 30;

/** How recovery is shown: a bar on a terminal, a line in the log at each tenth elsewhere. Short recoveries show nothing. */
export function recoveryProgress(
  logger: Logger,
  terminal: { readonly isTTY?: boolean; write(text: string): unknown },
): (doneBytes: number, totalBytes: number) => void {
  let tenth = 0;
  return (done, total) => {
    if (total < 64 * MIB) return;
    const share = Math.min(1, done / total);
    if (terminal.isTTY === true) {
      const filled = Math.round(share * BAR);
      const bar = `${'█'.repeat(filled)}${'·'.repeat(BAR - filled)}`;
      terminal.write(
        `\rrecovering the log ${bar} ${Math.round(done / MIB)} of ${Math.round(total / MIB)} MiB${share === 1 ? '\n' : ''}`,
      );
      return;
    }
    const now = Math.floor(share * 10);
    if (now === tenth) return;
    tenth = now;
    logger.info({ doneBytes: done, totalBytes: total }, 'recovering the log');
  };
}
