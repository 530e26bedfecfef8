import { CatalogError } from './catalog-errors.ts';
import { topicConfigs } from './topic-configs.ts';
import type { ConfigKind, ConfigType } from './topic-configs-types.ts';

/** A broker setting as the process was started with it. */
export interface BrokerSetting {
  readonly name: string;
  readonly type: ConfigType;
  /** Text; null for a secret. */
  readonly value: string | null;
  readonly default: string;
  readonly doc: string;
  readonly sensitive: boolean;
}

/** Where a value comes from, from the strongest to the weakest. */
export type ConfigSource = 'topic' | 'broker' | 'default-broker' | 'static' | 'default';

export interface ConfigSynonym {
  readonly name: string;
  readonly value: string | null;
  readonly source: ConfigSource;
}

/** One config of a topic or broker with everything that DescribeConfigs tells. */
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

interface Dynamic {
  readonly kind: ConfigKind;
  readonly default: string;
  readonly doc: string;
}

/** The broker configs that can change while the broker runs: those from which topics take their defaults. */
const dynamics: ReadonlyMap<string, Dynamic> = new Map(
  topicConfigs
    .filter((config) => config.broker !== undefined)
    .map((config) => [config.broker!, { kind: config.kind, default: config.default, doc: config.doc }]),
);

type Values = ReadonlyMap<string, string>;

const NONE: Values = new Map();

/** Settings of this broker with their dynamic values (KIP-226), in memory. */
export class BrokerConfigs {
  readonly nodeId: number;
  readonly #settings: ReadonlyMap<string, BrokerSetting>;
  readonly #dynamic = new Map<string, Values>();
  #effective: Values;

  constructor(nodeId: number, settings: readonly BrokerSetting[]) {
    this.nodeId = nodeId;
    this.#settings = new Map(settings.map((setting) => [setting.name, setting]));
    this.#effective = this.#resolve();
  }

  /** What topics inherit, by the broker's own names: canonical texts. */
  get values(): Values {
    return this.#effective;
  }

  /** Dynamic values of a broker (its id as text) or, for `ALL_BROKERS`, of all. */
  dynamicValues(resource: string): Values {
    return this.#dynamic.get(resource) ?? NONE;
  }

  setDynamicValues(resource: string, values: Values): void {
    this.#dynamic.set(resource, values);
    this.#effective = this.#resolve();
  }

  #resolve(): Values {
    const texts = [...this.#settings.values()].flatMap(({ name, value }) =>
      dynamics.has(name) && value !== null ? [[name, value] as const] : [],
    );
    return new Map([...texts, ...this.dynamicValues(ALL_BROKERS), ...this.dynamicValues(String(this.nodeId))]);
  }

  /** Undefined for a config that cannot change while the broker runs. */
  kindOf(name: string): ConfigKind | undefined {
    return dynamics.get(name)?.kind;
  }

  valueOf(name: string): string {
    return this.#effective.get(name) ?? dynamics.get(name)?.default ?? '';
  }

  /** Throws CatalogError INVALID_REQUEST for a resource that is neither this broker nor all brokers. */
  checkResource(resource: string): void {
    if (resource === ALL_BROKERS || resource === String(this.nodeId)) return;
    const message = /^-?\d+$/.test(resource)
      ? `Unexpected broker id, expected ${this.nodeId} or empty string, but received ${resource}`
      : `Broker id must be an integer, but it is: ${resource}`;
    throw new CatalogError('INVALID_REQUEST', message);
  }

  /** Throws CatalogError INVALID_REQUEST when one of the configs cannot change while the broker runs. */
  checkDynamic(names: readonly string[]): void {
    const fixed = names.filter((name) => !dynamics.has(name));
    if (fixed.length === 0) return;
    throw new CatalogError('INVALID_REQUEST', `Cannot update these configs dynamically: [${fixed.join(', ')}]`);
  }

  /** The values of a broker config from the strongest to the weakest. */
  chain(name: string): ConfigSynonym[] {
    const found: ConfigSynonym[] = [];
    const add = (value: string | null | undefined, source: ConfigSource): void => {
      if (value !== undefined) found.push({ name, value, source });
    };
    add(this.dynamicValues(String(this.nodeId)).get(name), 'broker');
    add(this.dynamicValues(ALL_BROKERS).get(name), 'default-broker');
    const setting = this.#settings.get(name);
    if (setting !== undefined && setting.value !== setting.default)
      add(setting.sensitive ? null : setting.value, 'static');
    add(setting === undefined ? dynamics.get(name)?.default : setting.sensitive ? null : setting.default, 'default');
    return found;
  }

  /** Every config of this broker, by name; of all brokers, only the dynamic values that were set. */
  describe(resource: string): DescribedConfig[] {
    this.checkResource(resource);
    const names =
      resource === ALL_BROKERS
        ? [...this.dynamicValues(ALL_BROKERS).keys()]
        : [...new Set([...this.#settings.keys(), ...dynamics.keys()])];
    return names.sort().map((name) => this.#describe(name, resource));
  }

  #describe(name: string, resource: string): DescribedConfig {
    const setting = this.#settings.get(name);
    const dynamic = dynamics.get(name);
    const chain = this.chain(name);
    const synonyms = resource === ALL_BROKERS ? chain.filter(({ source }) => source === 'default-broker') : chain;
    const strongest = synonyms[0];
    return {
      name,
      value: strongest?.value ?? null,
      source: strongest?.source ?? 'default',
      type: dynamic?.kind.type ?? setting?.type ?? 'string',
      readOnly: dynamic === undefined,
      sensitive: setting?.sensitive ?? false,
      synonyms,
      doc: setting?.doc ?? dynamic?.doc ?? '',
    };
  }
}
