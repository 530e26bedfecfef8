import { connect, createServer, type Server, type Socket } from 'node:net';
import { scheduler } from 'node:timers/promises';

/** What goes wrong between clients and broker. `silent`: bytes are taken and go nowhere; `slowMs`: each piece is late by so much. */
export interface Weather {
  readonly silent: 'none' | 'to-broker' | 'to-client' | 'both';
  readonly slowMs: number;
  /** Answers no new connection. */
  readonly refuses: boolean;
}

export const FAIR: Weather = { silent: 'none', slowMs: 0, refuses: false };

/** A TCP proxy in front of one port, on one of its own, that can be told to behave badly. */
export class Proxy {
  weather: Weather = FAIR;
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  /** Listens on a free port of 127.0.0.1. */
  static start(target: () => number): Promise<Proxy> {
    return new Promise((resolve, reject) => {
      const server = createServer((client) => proxy.#join(client, target()));
      server.once('error', reject);
      let proxy: Proxy;
      server.listen(0, '127.0.0.1', () => {
        proxy = new Proxy(server, (server.address() as { port: number }).port);
        resolve(proxy);
      });
    });
  }

  #join(client: Socket, port: number): void {
    if (this.weather.refuses) {
      client.destroy();
      return;
    }
    const broker = connect(port, '127.0.0.1');
    this.#pipe(client, broker, 'to-broker');
    this.#pipe(broker, client, 'to-client');
  }

  #pipe(from: Socket, to: Socket, direction: 'to-broker' | 'to-client'): void {
    this.#sockets.add(from);
    from.setNoDelay(true);
    let order = Promise.resolve();
    from.on('data', (bytes) => {
      const { silent, slowMs } = this.weather;
      if (silent === direction || silent === 'both') {
        // What was swallowed breaks the stream: nothing more of this connection may pass.
        from.pause();
        return;
      }
      if (slowMs === 0) {
        order = order.then(() => void to.write(bytes));
        return;
      }
      order = order.then(() => scheduler.wait(slowMs)).then(() => void to.write(bytes));
    });
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      void order.then(() => to.destroy());
    });
  }

  /** Ends every connection at once. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.cut();
    this.#server.close();
  }
}
