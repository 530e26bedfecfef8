import { errorCode } from '../../protocol/errors.ts';
import { RecordsError } from '../../protocol/records/index.ts';
import type { Logger } from '../base/logger.ts';
import { LogError } from '../log/types.ts';

/** An error as a response carries it. */
export interface ResponseError {
  readonly code: number;
  readonly message: string | null;
  /** Single records at fault (KIP-467). */
  readonly faults: readonly { readonly index: number; readonly message: string }[];
}

/** The partition that a request is about. */
export interface FailedPartition {
  readonly topic: string;
  readonly partition: number;
}

/** What went wrong in the log, in the words of the protocol. What nobody expected is logged here, once, and becomes UNKNOWN_SERVER_ERROR. */
export function responseErrorOf(error: unknown, { topic, partition }: FailedPartition, logger: Logger): ResponseError {
  if (error instanceof RecordsError)
    return { code: errorCode[error.kind], message: error.message, faults: error.faults };
  if (error instanceof LogError) return { code: errorCode[error.code], message: error.message, faults: error.faults };
  logger.error({ err: error, topic, partition }, 'a partition failed in a way that it should not');
  return { code: errorCode.UNKNOWN_SERVER_ERROR, message: null, faults: [] };
}
