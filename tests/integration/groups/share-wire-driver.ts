import { BrokerProcess, temporaryFolder } from '../broker/process.ts';
import { ShareSocketDriver } from './share-socket-driver.ts';

/** The settings of the scripts. */
const ARGUMENTS = Object.entries({
  'auto.create.topics.enable': false,
  'group.share.min.record.lock.duration.ms': 1000,
  'group.share.record.lock.duration.ms': 3000,
  'group.share.session.timeout.ms': 6000,
}).flatMap(([name, value]) => [`--${name}`, String(value)]);

/** A broker in a process of its own. `restart` is kill -9. */
export class ShareWireDriver extends ShareSocketDriver {
  readonly #folder = temporaryFolder();
  #broker: BrokerProcess | undefined;

  async start(): Promise<void> {
    this.#broker = await BrokerProcess.serve(this.#folder.path, ARGUMENTS);
    this.port = Number(this.#broker.bootstrap.split(':')[1]);
  }

  async remove(): Promise<void> {
    await this.#kill();
    this.#folder.remove();
  }

  async #kill(): Promise<void> {
    await this.#broker?.kill('SIGKILL');
    this.close();
  }

  override async restart(): Promise<void> {
    await this.#kill();
    await this.start();
  }
}
