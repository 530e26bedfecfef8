import { type BatchHeader, batchesOf, decodeRecords } from '../../protocol/records/index.ts';
import { type DocumentSource, sourceOf } from '../fulltext/document.ts';
import type { AnswerBudget } from './answer-budget.ts';
import { isExpired } from '../log/record-expiry.ts';
import { LogError, type PartitionLog, type ReadResult } from '../log/types.ts';
import type { SearchPorts } from './ports.ts';

/**
 * The documents at `offsets` (ascending) of one partition, by offset; what no longer exists or counts is missing. Each batch is read and
 * decoded once. Records of control batches are no documents.
 */
export async function readDocuments(
  log: PartitionLog,
  offsets: readonly number[],
  ports: Pick<SearchPorts, 'codecs' | 'settings' | 'clock'>,
  budget: AnswerBudget,
): Promise<Map<number, DocumentSource>> {
  const found = new Map<number, DocumentSource>();
  let next = 0;
  while (next < offsets.length) {
    const batch = await readBatch(log, offsets[next]!);
    if (batch === undefined) {
      next++;
      continue;
    }
    const end = batch.header.lastOffset;
    let last = next;
    while (last + 1 < offsets.length && offsets[last + 1]! <= end) last++;
    if (!batch.header.isControl) {
      const wanted = offsets.slice(next, last + 1);
      decodeWanted(batch.bytes, wanted, log, ports, budget, found);
    }
    next = last + 1;
  }
  return found;
}

interface ReadBatch {
  readonly bytes: Uint8Array;
  readonly header: BatchHeader;
  readonly aborted: boolean;
}

/** The batch that holds `offset`; undefined when it is gone. */
export async function readBatch(log: PartitionLog, offset: number): Promise<ReadBatch | undefined> {
  const result = await readAt(log, offset);
  for (const chunk of result?.chunks ?? []) {
    for (const header of batchesOf(chunk)) {
      if (header.baseOffset > offset) return undefined;
      if (header.lastOffset < offset) continue;
      const bytes = chunk.subarray(header.position, header.position + header.sizeInBytes);
      const aborted =
        header.isTransactional &&
        result!.abortedTransactions.some(
          ({ producerId, firstOffset }) => producerId === header.producerId && firstOffset <= header.baseOffset,
        );
      return { bytes, header, aborted };
    }
  }
  return undefined;
}

async function readAt(log: PartitionLog, offset: number): Promise<ReadResult | undefined> {
  try {
    return await log.read(offset, 1, 'read_committed', true);
  } catch (error) {
    // The record is deleted, and no answer shows it.
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** Whether what was to be read is not there any more: retention, or the deletion of the topic, came between. */
export function isGone(error: unknown): boolean {
  return (
    error instanceof LogError && (error.code === 'OFFSET_OUT_OF_RANGE' || error.code === 'UNKNOWN_TOPIC_OR_PARTITION')
  );
}

function decodeWanted(
  batch: Uint8Array,
  wanted: readonly number[],
  { partition, expiry }: PartitionLog,
  ports: Pick<SearchPorts, 'codecs' | 'settings' | 'clock'>,
  budget: AnswerBudget,
  found: Map<number, DocumentSource>,
): void {
  let at = 0;
  const now = ports.clock.now();
  decodeRecords(batch, ports.codecs, ports.settings.maxBatchBytes, (view) => {
    while (at < wanted.length && wanted[at]! < view.offset) at++;
    if (at === wanted.length) return false;
    if (view.offset !== wanted[at]) return true;
    if (isExpired(expiry, view, now)) return ++at < wanted.length;
    budget.take(view.end - view.headersStart + Math.max(0, view.keyLength) + Math.max(0, view.valueLength));
    found.set(view.offset, sourceOf(view, partition));
    return ++at < wanted.length;
  });
}
