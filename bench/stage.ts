import { Authority } from '../tests/certificates.ts';
import { startKafka } from '../compat-tests/brokers/kafka.ts';
import { type QuarryOptions, startQuarry } from '../compat-tests/brokers/quarry.ts';
import { Contender } from './contender.ts';
import type { BenchOptions } from './options.ts';

/** The broker of an earlier commit, where one is asked for. */
export interface Earlier {
  readonly checkout: string;
}

/** Stopping and continuing a node must not make its controller think that it is dead. */
const PATIENT = {
  'broker.session.timeout.ms': '3600000',
  'num.partitions': '1',
  'group.initial.rebalance.delay.ms': '0',
};

type Name =
  | 'kafka'
  | 'kafka-fsync'
  | 'kafka-tls'
  | 'quarry'
  | 'quarry-search'
  | 'quarry-table'
  | 'quarry-tls'
  | 'earlier';

/** Starts brokers when a case first needs them, and stops those that the next case does not need. */
export class Stage {
  readonly #options: BenchOptions;
  readonly #earlier: Earlier | undefined;
  readonly #running = new Map<Name, Contender>();
  /** Highest memory of each broker, of those that were stopped too. */
  readonly peaks = new Map<string, number>();

  #authority: Authority | undefined;

  constructor(options: BenchOptions, earlier: Earlier | undefined) {
    this.#options = options;
    this.#earlier = earlier;
  }

  get base(): { base?: string } {
    return this.#options.dir === '' ? {} : { base: this.#options.dir };
  }

  /** Flags for a broker of ours: Kafka's behaviour only, unless search is wanted. */
  quarry(options: QuarryOptions & { search?: boolean } = {}): ReturnType<typeof startQuarry> {
    const flags = ['--log.level', 'warn', `--search=${options.search === true}`, ...(options.flags ?? [])];
    return startQuarry({ ...this.base, ...options, flags });
  }

  /** Who signs the certificates of this run. */
  get authority(): Authority {
    this.#authority ??= new Authority();
    return this.#authority;
  }

  /** Kafka's settings of a listener with TLS, which both brokers take. */
  #tls(): Record<string, string> {
    const { file } = this.authority.issue('/CN=localhost');
    return {
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': file,
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': this.authority.trusted,
    };
  }

  async #start(name: Name): Promise<Contender> {
    switch (name) {
      case 'kafka':
        return new Contender(name, await startKafka({ ...this.base, overrides: PATIENT, heap: '2g' }));
      case 'kafka-fsync': {
        const overrides = { ...PATIENT, 'log.flush.interval.messages': '1' };
        return new Contender(name, await startKafka({ ...this.base, overrides, heap: '2g', name }));
      }
      case 'kafka-tls': {
        const map = { 'listener.security.protocol.map': 'CLIENTS:SSL,CONTROLLER:PLAINTEXT' };
        const overrides = { ...PATIENT, ...map, ...this.#tls() };
        return new Contender(name, await startKafka({ ...this.base, overrides, heap: '2g', name }));
      }
      case 'quarry-tls': {
        const flags = Object.entries(this.#tls()).map(([setting, value]) => `--${setting}=${value}`);
        return new Contender(name, await this.quarry({ flags: ['--listeners=SSL://127.0.0.1:0', ...flags] }));
      }
      case 'quarry':
        return new Contender(name, await this.quarry());
      case 'quarry-search':
        return new Contender(name, await this.quarry({ search: true }));
      case 'quarry-table':
        // The last rows wait for the interval, which is no work.
        return new Contender(name, await this.quarry({ flags: ['--table=true', '--memtable.flush.interval.ms=2000'] }));
      case 'earlier':
        return new Contender(name, await this.quarry({ checkout: this.#earlier?.checkout ?? '' }));
    }
  }

  /** The brokers with these names, running; others are stopped. `earlier` is left out where none was asked for. */
  async with(names: readonly Name[]): Promise<Contender[]> {
    const wanted = names.filter((name) => name !== 'earlier' || this.#earlier !== undefined);
    for (const name of this.#running.keys()) if (!wanted.includes(name)) await this.#stop(name);
    for (const name of wanted) if (!this.#running.has(name)) this.#running.set(name, await this.#start(name));
    return wanted.map((name) => this.#running.get(name)).filter((one): one is Contender => one !== undefined);
  }

  async #stop(name: Name): Promise<void> {
    const contender = this.#running.get(name);
    this.#running.delete(name);
    if (contender === undefined) return;
    this.peaks.set(name, Math.max(contender.peakMiB, this.peaks.get(name) ?? 0));
    await contender.broker.stop();
  }

  async close(): Promise<void> {
    for (const name of this.#running.keys()) await this.#stop(name);
    this.#authority?.remove();
  }
}
