import { Turns } from '../base/turns.ts';
import { type ConfigRow, removeConfig, setConfig } from '../metadata/topics.ts';
import type { SqlEngine, SqlStatement } from '../metadata/types.ts';
import type { BrokerConfigs, ConfigSynonym, DescribedConfig } from './catalog-brokers.ts';
import { CatalogError } from './catalog-errors.ts';
import type { ConfigKind } from './topic-configs-types.ts';
import { applyChanges, type ConfigChange } from './topic-configs-changes.ts';

/** A config of a group or of a metrics subscription, declared once. */
export interface NamedConfig {
  readonly name: string;
  readonly kind: ConfigKind;
  readonly default: string;
  /** A sentence for people. */
  readonly doc: string;
  /** The broker config that holds where the resource says nothing. */
  readonly broker?: string;
}

/** A kind of resource that is nothing but a name with configs. */
export interface NamedResource {
  readonly type: Extract<ConfigRow['resourceType'], 'group' | 'client-metrics'>;
  readonly configs: readonly NamedConfig[];
  /** What contradicts the broker's limits, or itself; undefined when nothing does. Throws CatalogError where Kafka has another code. */
  check(values: Values, broker: Values): string | undefined;
  /** The error for a config that the resource does not have. */
  readonly unknown: 'INVALID_CONFIG' | 'INVALID_REQUEST';
  /** Whether lists can be appended to. */
  readonly appendable: boolean;
  /** Whether the default is shown among the synonyms of a config that the broker has no config for. */
  readonly showsDefault: boolean;
}

type Values = ReadonlyMap<string, string>;

const NONE: Values = new Map();

/** Names that may have configs of a kind at once: bounded memory. */
const MAX_NAMES = 10_000;
/** Longest name, in characters. */
const MAX_NAME_LENGTH = 512;

/** Configs of groups (KIP-848) or of metrics subscriptions (KIP-714): in memory for every reader, in SQL for the next start. */
export class NamedConfigs {
  readonly #resource: NamedResource;
  readonly #sql: SqlEngine;
  readonly #brokers: BrokerConfigs;
  readonly #byName: Map<string, Values>;
  readonly #declared: ReadonlyMap<string, NamedConfig>;
  readonly #listeners: (() => void)[] = [];
  readonly #turns = new Turns();

  /** `rows` are the rows of SQL of this kind. */
  constructor(resource: NamedResource, sql: SqlEngine, brokers: BrokerConfigs, rows: readonly ConfigRow[]) {
    this.#resource = resource;
    this.#sql = sql;
    this.#brokers = brokers;
    this.#declared = new Map(resource.configs.map((config) => [config.name, config]));
    const groups = Map.groupBy(rows, ({ resourceName }) => resourceName);
    this.#byName = new Map(
      [...groups].map(([name, own]) => [name, new Map(own.map((row) => [row.name, row.value ?? '']))]),
    );
  }

  /** The resources that have configs, by name. */
  names(): string[] {
    return [...this.#byName.keys()].sort();
  }

  /** What was set on a resource, by the names of its configs. */
  overrides(name: string): Values {
    return this.#byName.get(name) ?? NONE;
  }

  /** The value that holds for a resource, whether it has configs or not. */
  value(name: string, config: string): string {
    const declared = this.#declared.get(config);
    if (declared === undefined) throw new TypeError(`'${config}' is no config of a ${this.#resource.type}`);
    const inherited = declared.broker === undefined ? undefined : this.#brokers.values.get(declared.broker);
    return this.overrides(name).get(config) ?? inherited ?? declared.default;
  }

  /** Calls `listener` after any resource changed. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Every config of a resource, by name; those of one that does not exist are the defaults. Throws CatalogError without a name. */
  describe(name: string): DescribedConfig[] {
    if (name === '') throw new CatalogError('INVALID_REQUEST', 'The resource needs a name.');
    return this.#resource.configs
      .map((config) => this.#describe(name, config))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  #describe(name: string, config: NamedConfig): DescribedConfig {
    const own = this.overrides(name).get(config.name);
    const byDefault: ConfigSynonym = { name: config.name, value: config.default, source: 'default' };
    const without = this.#resource.showsDefault ? [byDefault] : [];
    const inherited = config.broker === undefined ? without : this.#brokers.chain(config.broker);
    const synonyms: ConfigSynonym[] =
      own === undefined ? inherited : [{ name: config.name, value: own, source: this.#resource.type }, ...inherited];
    return {
      name: config.name,
      value: this.value(name, config.name),
      source: synonyms[0]?.source ?? 'default',
      type: config.kind.type,
      readOnly: false,
      sensitive: false,
      synonyms,
      doc: config.doc,
    };
  }

  /** Changes configs of a resource, all or none, durably; with `validateOnly` only says whether it could. Rejects with CatalogError. */
  alter(name: string, changes: readonly ConfigChange[], validateOnly: boolean): Promise<void> {
    return this.#turns.run(async () => {
      const old = this.overrides(name);
      const values = this.#after(name, old, changes);
      if (validateOnly) return;
      await this.#store(name, old, values);
      if (values.size === 0) this.#byName.delete(name);
      else this.#byName.set(name, values);
      for (const listener of this.#listeners) listener();
    });
  }

  #after(name: string, old: Values, changes: readonly ConfigChange[]): Values {
    const { unknown, appendable } = this.#resource;
    const lists = changes.find(({ operation }) => operation === 'append' || operation === 'subtract');
    if (lists !== undefined && !appendable)
      throw new CatalogError('INVALID_CONFIG', `Can't ${lists.operation.toUpperCase()} to key ${lists.name}.`);
    const values = applyChanges(old, changes, {
      kindOf: (config) => this.#declared.get(config)?.kind,
      valueOf: (config) => this.value(name, config),
      unknown,
    });
    if (name === '') throw new CatalogError('INVALID_REQUEST', 'The resource needs a name.');
    const wrong = this.#resource.check(values, this.#brokers.values);
    if (wrong !== undefined) throw new CatalogError('INVALID_CONFIG', wrong);
    const full = this.#byName.size >= MAX_NAMES && !this.#byName.has(name);
    if (full || name.length > MAX_NAME_LENGTH)
      throw new CatalogError('INVALID_REQUEST', full ? 'Too many resources have configs.' : 'The name is too long.');
    return values;
  }

  async #store(resourceName: string, old: Values, values: Values): Promise<void> {
    const { type: resourceType } = this.#resource;
    const statements: SqlStatement[] = [];
    for (const [name, value] of values)
      if (old.get(name) !== value) statements.push(setConfig({ resourceType, resourceName, name, value }));
    for (const name of old.keys())
      if (!values.has(name)) statements.push(removeConfig({ resourceType, resourceName, name }));
    if (statements.length > 0) await this.#sql.transaction(statements);
  }
}
