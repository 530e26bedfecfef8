import type { Logger } from '../../base/logger.ts';
import type { WalPosition } from '../../wal/segment-reader.ts';
import type { TextPartition } from './partition.ts';
import type { TextFrontier, TextHost } from './types.ts';

export interface TextAuditParts {
  readonly host: Pick<TextHost, 'frontier'>;
  readonly logger: Logger;
  readonly partitions: () => Iterable<TextPartition>;
  /** A frontier has come, or could not be had and is to be asked for again. */
  readonly onAnswer: () => void;
}

/**
 * Finds what the follower of the WAL did not see. Records that were passed over (corrupt, or in segments that had to go) show as a gap when the
 * next record of their partition comes; where none comes, only the log knows that they are there.
 */
export class TextAudit {
  readonly #parts: TextAuditParts;
  #wanted = false;
  #asking = false;
  #frontier: TextFrontier | undefined;

  constructor(parts: TextAuditParts) {
    this.#parts = parts;
  }

  /** Something was passed over. */
  request(): void {
    this.#wanted = true;
    this.#ask();
  }

  /** The partitions' ends, once a follower at `position` must have seen all that lies before them. */
  due(position: WalPosition): TextFrontier | undefined {
    const frontier = this.#frontier;
    if (frontier === undefined) {
      this.#ask();
      return undefined;
    }
    const { segment, position: at } = frontier.since;
    if (position.segment < segment || (position.segment === segment && position.position < at)) return undefined;
    this.#frontier = undefined;
    this.#ask();
    return frontier;
  }

  /** One at a time: what is requested meanwhile waits for the next. */
  #ask(): void {
    if (!this.#wanted || this.#asking || this.#frontier !== undefined) return;
    const { host, logger, partitions, onAnswer } = this.#parts;
    this.#wanted = false;
    this.#asking = true;
    const known = [...partitions()].map(({ topicId, partition }) => ({ topicId, partition }));
    host
      .frontier(known)
      .then(
        (frontier) => {
          this.#frontier = frontier;
        },
        (err: unknown) => {
          this.#wanted = true;
          logger.warn({ err }, 'the ends of the partitions are not known; what is not indexed yet may be found late');
        },
      )
      .finally(() => {
        this.#asking = false;
        onAnswer();
      });
  }
}
