import type { BrokerClient } from '../broker-client.ts';
import { CommandError, type CommandIo } from '../command-io.ts';
import { eventsOf, type ServerEvent } from '../event-stream.ts';

interface EventData {
  readonly at?: number;
  readonly job?: Readonly<Record<'id' | 'key', string>> & {
    readonly done?: number;
    readonly total?: number;
    readonly reason?: string;
  };
}

/** Prints what happens to jobs, a line an event, until it is interrupted. */
export async function printEvents(client: BrokerClient, kind: string | undefined, json: boolean, io: CommandIo) {
  const query = kind === undefined ? '' : `?kind=${encodeURIComponent(kind)}`;
  try {
    for await (const event of eventsOf(await client.getText(`/admin/events${query}`)))
      io.out(json ? `${event.data}\n` : `${lineOf(event)}\n`);
  } catch (error) {
    if (!io.signal.aborted) throw error;
  }
  if (!io.signal.aborted) throw new CommandError('the broker has ended');
  return 0;
}

function lineOf({ name, data }: ServerEvent): string {
  const { at = 0, job } = JSON.parse(data) as EventData;
  if (job === undefined) return `${name} ${data}`;
  const { id, key, done, total, reason } = job;
  const progress = name !== 'progress' ? '' : `${done ?? ''}${total === undefined ? '' : ` of ${total}`}`;
  return [new Date(at).toISOString(), name, id, key, progress, name === 'finished' ? '' : (reason ?? '')]
    .filter((word) => word !== '')
    .join(' ');
}
