import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Broker } from '../../../src/broker/index.ts';
import { SocketDriver } from './socket-driver.ts';

/** A whole broker on a data directory, and a socket for each actor of a script. */
export class WireDriver extends SocketDriver {
  readonly #folder = mkdtempSync(join(tmpdir(), 'quarry-groups-'));
  #broker: Broker | undefined;

  async start(): Promise<void> {
    this.#broker = await Broker.start({
      settings: {
        'data.dir': this.#folder,
        'kafka.port': this.port,
        'num.partitions': 2,
        'group.min.session.timeout.ms': 1000,
        'group.max.session.timeout.ms': 300_000,
      },
    });
    this.port = Number(this.#broker.bootstrap.split(':').pop());
    await this.prepare();
  }

  async stop(): Promise<void> {
    this.disconnect();
    await this.#broker?.stop();
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  override async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }
}
