import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { sleep, systemClock } from '../../../src/base/clock.ts';
import { Broker } from '../../../src/broker/index.ts';

/** A broker on a data directory of its own, that can be stopped and started again on the same port. */
export class TemporaryBroker {
  readonly #folder = mkdtempSync(join(tmpdir(), 'quarry-consumers-'));
  #broker: Broker | undefined;
  #port = 0;

  async start(): Promise<void> {
    this.#broker = await Broker.start({
      settings: { 'data.dir': this.#folder, 'kafka.port': this.#port, 'num.partitions': 4 },
    });
    this.#port = Number(this.#broker.bootstrap.split(':').pop());
  }

  async stop(): Promise<void> {
    await this.#broker?.stop();
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  client(clientId: string): Kafka {
    return new Kafka({
      clientId,
      brokers: [`127.0.0.1:${this.#port}`],
      logLevel: logLevel.NOTHING,
      retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 50 },
    });
  }
}

/** Waits until `done`; throws after a minute, with what `state` says. */
export async function until(done: () => boolean, state: () => unknown): Promise<void> {
  for (let i = 0; i < 3000; i++) {
    if (done()) return;
    await sleep(systemClock, 20);
  }
  throw new Error(`still waiting: ${JSON.stringify(state())}`);
}
