import type { HealthPart, HealthSource } from '../http/deps.ts';
import type { BrokerParts } from './parts.ts';
import type { Processing } from './processing.ts';
import type { Storage } from './storage.ts';
import type { Topics } from './topics.ts';

type Status = HealthPart['status'];

const part = (name: string, status: Status, reason?: string, details?: HealthPart['details']): HealthPart => ({
  name,
  status,
  ...(reason !== undefined && { reason }),
  ...(details !== undefined && { details }),
});

/** Longest that a part may take to say how it is. */
const PATIENCE_MS = 2000;

/** `ask`, or a failure when it takes too long. */
async function within<T>(parts: BrokerParts, ask: Promise<T>): Promise<T> {
  let cancel = (): void => {};
  const late = new Promise<never>((_resolve, reject) => {
    const timer = parts.clock.after(PATIENCE_MS, () => reject(new Error('it does not answer')));
    cancel = () => timer.cancel();
  });
  try {
    return await Promise.race([ask, late]);
  } finally {
    cancel();
  }
}

async function asked(
  parts: BrokerParts,
  name: string,
  failed: Status,
  ask: () => Promise<HealthPart>,
): Promise<HealthPart> {
  try {
    return await within(parts, ask());
  } catch (error) {
    return part(name, failed, (error as Error).message);
  }
}

/** How each part of the broker is. Object store and processor only degrade it: produce and fetch of what is in the log go on. */
export function brokerHealth(
  parts: BrokerParts,
  storage: Storage,
  { log }: Topics,
  processing: Processing,
  doors: () => HealthPart,
): HealthSource {
  const wal = (): HealthPart => {
    const failure = log.failure;
    const { bytesOnDisk, maxBytes } = log.wal;
    if (failure !== undefined) return part('wal', 'failing', `appends are refused until a restart: ${failure.message}`);
    const over = log.wal.overLimit ? 'the log is larger than wal.max.bytes; packing cannot keep up' : undefined;
    return part('wal', over === undefined ? 'ok' : 'degraded', over, { bytes: bytesOnDisk, maxBytes });
  };
  const metadata = (): Promise<HealthPart> =>
    asked(parts, 'metadata', 'failing', async () => {
      await storage.sql.query('SELECT 1 AS one');
      return part('metadata', 'ok');
    });
  const packs = (): HealthPart => {
    const { failing, waiting } = processing.packs.status();
    const reason = failing === undefined ? undefined : `packs cannot be stored, will try again: ${failing}`;
    return part('packs', reason === undefined ? 'ok' : 'degraded', reason, { waitingSegments: waiting });
  };
  const text = (): Promise<HealthPart> =>
    asked(parts, 'text', 'degraded', async () => {
      const { failing, backlog, memoryBytes } = await processing.text.status();
      const reason = failing === undefined ? undefined : `text segments cannot be stored, will try again: ${failing}`;
      return part('text', reason === undefined ? 'ok' : 'degraded', reason, { backlog, memoryBytes });
    });
  const tables = (): Promise<HealthPart> =>
    asked(parts, 'tables', 'degraded', async () => {
      const { failing, lag, memoryBytes } = await processing.tables.status();
      const reason = failing === undefined ? undefined : `a table does not get on, will try again: ${failing}`;
      return part('tables', reason === undefined ? 'ok' : 'degraded', reason, { lag, memoryBytes });
    });
  const objects = (): Promise<HealthPart> =>
    asked(parts, 'objects', 'degraded', async () => {
      await storage.store.head('health/probe');
      return part('objects', 'ok');
    });
  return {
    parts: async () => [wal(), packs(), doors(), ...(await Promise.all([metadata(), text(), tables(), objects()]))],
  };
}
