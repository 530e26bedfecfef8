import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * Between a catalog and its database: cuts a connection before its COMMIT gets through, or before the answer to it does; or holds the COMMIT back,
 * also when the client is long gone, until it is let go.
 */
export class Cutter {
  mode: 'pass' | 'before' | 'after' | 'hold' = 'pass';
  readonly #server: Server;
  readonly #held: (() => void)[] = [];

  constructor(target: number) {
    this.#server = createServer((client) => this.#join(client, connect(target, '127.0.0.1')));
  }

  /** Commits that are held back. */
  get held(): number {
    return this.#held.length;
  }

  /** What is held back arrives. */
  release(): void {
    this.mode = 'pass';
    for (const go of this.#held.splice(0)) go();
  }

  #join(client: Socket, database: Socket): void {
    let state: 'open' | 'cut' | 'held' = 'open';
    client.on('data', (chunk) => {
      if (state === 'open' && this.mode !== 'pass' && chunk.includes('COMMIT')) {
        state = this.mode === 'hold' ? 'held' : 'cut';
        if (state === 'held') {
          this.#held.push(() => {
            state = 'open';
            database.write(chunk);
          });
          return;
        }
      }
      if (state === 'cut' && this.mode === 'before') client.destroy();
      else database.write(chunk);
    });
    database.on('data', (chunk) => {
      if (state === 'cut') client.destroy();
      else if (!client.destroyed) client.write(chunk);
    });
    client.on('close', () => {
      if (state !== 'held') database.end();
    });
    database.on('close', () => client.destroy());
    for (const socket of [client, database]) socket.on('error', () => undefined);
  }

  /** On a free port where none is given; resolves with it. */
  async listen(port = 0): Promise<number> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as { port: number }).port;
  }

  close(): void {
    this.#server.close();
  }
}
