import { CatalogError } from './catalog-errors.ts';
import { topicConfigs } from './topic-configs.ts';
import { anyText, type ConfigKind, type ConfigType } from './topic-configs-types.ts';

/** A broker config as the process was started with it. */
export interface BrokerSetting {
  readonly name: string;
  readonly type: ConfigType;
  /** Text; null where it is not set. */
  readonly value: string | null;
  readonly default: string | null;
  /** What holds for topics when it is not set and has no default. */
  readonly fallback?: string;
  /** What is so by the nature of this broker, not by a choice: it is shown as if it was set. */
  readonly given?: boolean;
  readonly doc: string;
  /** A secret: nobody is shown its value. */
  readonly sensitive: boolean;
  /** Whether it can be changed for one broker, or for all, alone. */
  readonly only?: 'broker' | 'all' | undefined;
  /** The values that it takes while the broker runs; undefined where it cannot change. */
  readonly dynamic: ConfigKind | undefined;
}

/** Where a value comes from. Of a broker config, from the strongest to the weakest: broker, default-broker, static, default. */
export type ConfigSource =
  | 'topic'
  | 'broker'
  | 'default-broker'
  | 'static'
  | 'default'
  | 'logger'
  | 'client-metrics'
  | 'group';

export interface ConfigSynonym {
  readonly name: string;
  readonly value: string | null;
  readonly source: ConfigSource;
}

/** One config of a resource with everything that DescribeConfigs tells. */
export interface DescribedConfig {
  readonly name: string;
  readonly value: string | null;
  readonly source: ConfigSource;
  readonly type: ConfigType;
  readonly readOnly: boolean;
  readonly sensitive: boolean;
  /** The value that holds first, then those that it hides. */
  readonly synonyms: readonly ConfigSynonym[];
  readonly doc: string;
}

/** The resource name of values that hold for all brokers. */
export const ALL_BROKERS = '';

/** Dynamic values that one resource may have: bounded memory, whatever clients send. */
const MAX_DYNAMIC = 1000;

type Values = ReadonlyMap<string, string>;

const NONE: Values = new Map();

/** What topics inherit can change while the broker runs, whether there is a setting for it or not. */
const inherited: ReadonlyMap<string, ConfigKind> = new Map(
  topicConfigs.flatMap(({ broker, kind }) => (broker === undefined ? [] : [[broker, kind]])),
);

/** Configs of this broker with their dynamic values (KIP-226), in memory. */
export class BrokerConfigs {
  readonly nodeId: number;
  readonly #settings: ReadonlyMap<string, BrokerSetting>;
  readonly #dynamic = new Map<string, Values>();
  readonly #listeners: ((values: Values) => void)[] = [];
  #effective: Values;

  constructor(nodeId: number, settings: readonly BrokerSetting[]) {
    this.nodeId = nodeId;
    this.#settings = new Map(settings.map((setting) => [setting.name, setting]));
    this.#effective = this.#resolve();
  }

  /** What holds, by the broker's own names: canonical texts. Configs without a value are not there. */
  get values(): Values {
    return this.#effective;
  }

  /** The values that were changed while the broker ran, and hold. */
  get changed(): Values {
    return new Map([...this.dynamicValues(ALL_BROKERS), ...this.dynamicValues(String(this.nodeId))]);
  }

  /** Calls `listener` with `changed` after each change. */
  onChange(listener: (changed: Values) => void): void {
    this.#listeners.push(listener);
  }

  /** Dynamic values of a broker (its id as text) or, for `ALL_BROKERS`, of all. */
  dynamicValues(resource: string): Values {
    return this.#dynamic.get(resource) ?? NONE;
  }

  setDynamicValues(resource: string, values: Values): void {
    this.#dynamic.set(resource, values);
    this.#effective = this.#resolve();
    for (const listener of this.#listeners) listener(this.changed);
  }

  #resolve(): Values {
    const texts = [...this.#settings.values()].flatMap(({ name, value, fallback }) => {
      const text = value ?? fallback;
      return text === undefined ? [] : [[name, text] as const];
    });
    return new Map([...texts, ...this.changed]);
  }

  /** Undefined for a name that no broker config has. */
  kindOf(name: string): ConfigKind | undefined {
    return inherited.get(name) ?? this.#settings.get(name)?.dynamic;
  }

  valueOf(name: string): string {
    return this.#effective.get(name) ?? '';
  }

  /** Throws CatalogError INVALID_REQUEST for a resource that is neither this broker nor all brokers. */
  checkResource(resource: string): void {
    if (resource === ALL_BROKERS || resource === String(this.nodeId)) return;
    const message = /^-?\d+$/.test(resource)
      ? `Unexpected broker id, expected ${this.nodeId} or empty string, but received ${resource}`
      : `Broker id must be an integer, but it is: ${resource}`;
    throw new CatalogError('INVALID_REQUEST', message);
  }

  /**
   * What a new value of a config is parsed by. A name that no config has takes any text, as in Apache Kafka, where it may be one of a plugin.
   * Throws CatalogError for a config that cannot change while the broker runs, or not for that resource.
   */
  changeable(name: string, resource: string): ConfigKind {
    const only = this.#settings.get(name)?.only;
    if (only === 'broker' && resource === ALL_BROKERS)
      throw new CatalogError('INVALID_REQUEST', `Cannot update these configs for all brokers: [${name}]`);
    if (only === 'all' && resource !== ALL_BROKERS)
      throw new CatalogError('INVALID_CONFIG', `${name} can be set for all brokers only.`);
    const kind = this.kindOf(name);
    if (kind !== undefined) return kind;
    if (!this.#settings.has(name)) return anyText;
    throw new CatalogError('INVALID_REQUEST', `Cannot update these configs dynamically: [${name}]`);
  }

  /** Throws CatalogError INVALID_REQUEST when one resource would have too many dynamic values. */
  checkCount(values: Values): void {
    if (values.size <= MAX_DYNAMIC) return;
    throw new CatalogError('INVALID_REQUEST', `At most ${MAX_DYNAMIC} configs of a broker can be set.`);
  }

  /** The values of a broker config from the strongest to the weakest. */
  chain(name: string): ConfigSynonym[] {
    const setting = this.#settings.get(name);
    const secret = this.#isSecret(name);
    const found: ConfigSynonym[] = [];
    const add = (value: string | null | undefined, source: ConfigSource): void => {
      if (value !== undefined && value !== null) found.push({ name, value: secret ? null : value, source });
    };
    add(this.dynamicValues(String(this.nodeId)).get(name), 'broker');
    add(this.dynamicValues(ALL_BROKERS).get(name), 'default-broker');
    if (setting?.given === true || setting?.value !== setting?.default) add(setting?.value, 'static');
    add(setting?.default, 'default');
    return found;
  }

  /** A name that no config has may belong to a secret. */
  #isSecret(name: string): boolean {
    const setting = this.#settings.get(name);
    return setting === undefined ? !inherited.has(name) : setting.sensitive;
  }

  /** Every config of this broker, by name; of all brokers, only the dynamic values that were set. */
  describe(resource: string): DescribedConfig[] {
    this.checkResource(resource);
    const names =
      resource === ALL_BROKERS
        ? [...this.dynamicValues(ALL_BROKERS).keys()]
        : [...new Set([...this.#settings.keys(), ...this.changed.keys()])];
    return names.sort().map((name) => this.#describe(name, resource));
  }

  #describe(name: string, resource: string): DescribedConfig {
    const setting = this.#settings.get(name);
    const kind = this.kindOf(name);
    const chain = this.chain(name);
    const synonyms = resource === ALL_BROKERS ? chain.filter(({ source }) => source === 'default-broker') : chain;
    const strongest = synonyms[0];
    return {
      name,
      value: strongest?.value ?? null,
      source: strongest?.source ?? 'default',
      type: setting?.type ?? kind?.type ?? 'unknown',
      readOnly: setting !== undefined && kind === undefined,
      sensitive: this.#isSecret(name),
      synonyms,
      doc: setting?.doc ?? '',
    };
  }
}
