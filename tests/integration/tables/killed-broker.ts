import { type Answer, TestClient } from '../broker/client.ts';
import { BrokerProcess, endProcesses, temporaryFolder } from '../broker/process.ts';
import { Lake } from './lake.ts';

/** Everything in the background happens as soon as it can, so that a kill finds it at work. */
const BUSY = {
  'wal.seal.age.ms': '50',
  'processor.interval.ms': '100',
  'processor.min.segment.age.ms': '0',
  'processor.garbage.grace.ms': '0',
  'memtable.flush.interval.ms': '30',
  'log.level': 'silent',
};

/** Files and segments are merged, and old snapshots removed, all the time. */
export const MERGING = {
  'merge.interval.ms': '20',
  'table.snapshot.retention.ms': '0',
  'table.expiry.interval.ms': '50',
};

/** A broker with tables in a process of its own, which is killed again and again and keeps its folder. */
export class KilledBroker {
  readonly #args: readonly string[];
  readonly #folder: ReturnType<typeof temporaryFolder>;
  readonly lake: Lake;
  #broker!: BrokerProcess;
  /** Of the process that runs now. */
  client!: TestClient;

  private constructor(settings: Readonly<Record<string, string>>) {
    this.#args = Object.entries({ ...BUSY, ...settings }).flatMap(([name, value]) => [`--${name}`, value]);
    this.#folder = temporaryFolder();
    this.lake = new Lake(this.#folder.path);
  }

  /** Gives a broker on a new folder to `use`, and ends both with it. */
  static async with(
    settings: Readonly<Record<string, string>>,
    use: (killed: KilledBroker) => Promise<void>,
  ): Promise<void> {
    const killed = new KilledBroker(settings);
    try {
      await killed.#serve();
      await use(killed);
      await killed.client.close();
    } catch (error) {
      const { body } = await killed.client
        .http('/admin/processor')
        .catch((cause: unknown) => ({ body: String(cause) }));
      throw new Error(`${String(error)}; the processor says ${JSON.stringify(body)}`, { cause: error });
    } finally {
      await endProcesses();
      killed.#folder.remove();
    }
  }

  /** kill -9, and a start in the same folder. */
  async killAndServe(): Promise<void> {
    await this.#broker.kill('SIGKILL');
    await this.client.close().catch(() => {});
    await this.#serve();
  }

  /** What runs in the background now. */
  async running(): Promise<readonly string[]> {
    const { body }: Answer = await this.client.http('/admin/jobs');
    const jobs = body.jobs as readonly { readonly kind: string; readonly state: string }[];
    return jobs.filter(({ state }) => state === 'running').map(({ kind }) => kind);
  }

  /** Merges of table files since this process began. */
  async tableMerges(): Promise<number> {
    const { body } = await this.client.http('/metrics');
    return Number(/^quarry_merges_total\{.*what="table".*\} (\S+)$/m.exec(body)?.[1] ?? 0);
  }

  async #serve(): Promise<void> {
    this.#broker = await BrokerProcess.serve(this.#folder.path, this.#args);
    this.client = new TestClient(this.#broker);
  }
}
