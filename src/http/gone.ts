import { setMaxListeners } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

const connections = new WeakMap<Socket, AbortSignal>();

/**
 * Aborted when the connection of a request is gone. Its response does not always say so: one that waits behind another on the same connection never
 * hears of it, and of one that is asked too late the event has passed.
 */
export function connectionGone({ socket }: Pick<IncomingMessage, 'socket'>): AbortSignal {
  const known = connections.get(socket);
  if (known !== undefined) return known;
  const gone = new AbortController();
  // Requests on one connection may wait for each other, as many as the client likes to send.
  setMaxListeners(0, gone.signal);
  if (socket.destroyed) gone.abort();
  else socket.once('close', () => gone.abort());
  connections.set(socket, gone.signal);
  return gone.signal;
}
