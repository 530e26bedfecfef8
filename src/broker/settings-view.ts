import { type KafkaConfig, kafkaConfigs, NO_EFFECT } from '../config/kafka-configs.ts';
import { LIVE_SETTINGS } from '../config/live.ts';
import { declarations, type SettingName, type Settings } from '../config/settings.ts';
import type { Setting } from '../config/types.ts';
import type { BrokerSetting } from '../log/catalog-brokers.ts';
import {
  anyList,
  anyText,
  type ConfigKind,
  type ConfigType,
  double,
  flag,
  int,
  InvalidValue,
  long,
} from '../log/topic-configs-types.ts';

/** The topic settings of ours take their defaults from settings with shorter names. */
const TOPIC_DEFAULTS: Readonly<Record<string, string>> = {
  search: 'quarry.search',
  table: 'quarry.table',
  'table.retention.ms': 'quarry.table.retention.ms',
  'storage.class': 'quarry.storage.class',
  'storage.class.after.ms': 'quarry.storage.class.after.ms',
  'merge.policy': 'quarry.merge.policy',
};

/** Secrets beside those of Kafka, and URLs that may hold some: clients are not shown them. */
const SENSITIVE: ReadonlySet<string> = new Set([
  'objects',
  'metadata',
  'catalog',
  'schema.registry.basic.auth.user.info',
] satisfies SettingName[]);

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const FOREVER = '9223372036854775807';

/** What is so by the nature of this broker, by Kafka's names. */
export interface GivenConfigs {
  readonly listeners: string;
  readonly advertisedListeners: string;
  readonly logDirectory: string;
}

/** Values of a setting that is empty unless somebody sets it: then another one says what holds. */
function fallbacks(settings: Settings): Readonly<Record<string, number>> {
  const minutes = settings['log.retention.minutes'];
  const hours = settings['log.retention.hours'];
  const retention =
    minutes === '' ? (hours < 0 ? hours : hours * HOUR_MS) : minutes < 0 ? minutes : minutes * MINUTE_MS;
  return { 'log.retention.ms': retention, 'log.roll.ms': settings['log.roll.hours'] * HOUR_MS };
}

function typeOf(name: string, value: unknown): ConfigType {
  if (typeof value === 'boolean') return 'boolean';
  if (Array.isArray(value)) return 'list';
  if (typeof value !== 'number') return 'string';
  if (!Number.isSafeInteger(value)) return 'double';
  return name.endsWith('.ms') || name.endsWith('.bytes') ? 'long' : 'int';
}

/** The text of a value. Where Kafka has a long without bound, ours ends at 2^53 - 1 and means the same. */
function textOf(value: unknown): string {
  if (value === Number.MAX_SAFE_INTEGER) return FOREVER;
  return Array.isArray(value) ? value.join(',') : String(value);
}

function kindOf(type: ConfigType, name: string): ConfigKind {
  const kinds: Partial<Record<ConfigType, ConfigKind>> = {
    boolean: flag,
    short: int(-32_768, 32_767),
    int: int(),
    long: long(),
    list: anyList,
  };
  if (type === 'double') return double(-Number.MAX_VALUE, Number.MAX_VALUE);
  // Kafka wants at least one thread of each kind.
  if (type === 'int' && name.includes('.threads')) return int(1);
  return kinds[type] ?? anyText;
}

/** The values of a live setting: those that the setting itself takes. */
function liveKind(type: ConfigType, declared: Setting<unknown>): ConfigKind {
  return {
    type,
    parse(text) {
      try {
        return textOf(declared.type.parse(text.trim()));
      } catch (error) {
        throw new InvalidValue((error as Error).message);
      }
    },
  };
}

function declaredSetting(name: SettingName, settings: Settings): BrokerSetting {
  const declared: Setting<unknown> = declarations[name];
  const kafka = kafkaConfigs.get(name);
  const type = kafka?.type ?? typeOf(name, declared.default);
  // What Kafka has no value for is not an empty text.
  const text = (value: unknown): string | null => (value === '' && kafka?.default === null ? null : textOf(value));
  const fallback = fallbacks(settings)[name];
  return {
    name: TOPIC_DEFAULTS[name] ?? name,
    type,
    value: text(settings[name]),
    default: text(declared.default),
    ...(fallback === undefined ? {} : { fallback: String(fallback) }),
    doc: declared.doc,
    sensitive: type === 'password' || SENSITIVE.has(name),
    only: kafka?.only,
    dynamic: LIVE_SETTINGS.has(name) ? liveKind(type, declared) : undefined,
  };
}

function withoutEffect({ name, type, dynamic, only, default: value }: KafkaConfig): BrokerSetting {
  return {
    name,
    type,
    value,
    default: value,
    doc: NO_EFFECT,
    sensitive: type === 'password',
    only,
    dynamic: dynamic ? kindOf(type, name) : undefined,
  };
}

function given(settings: Settings, facts: GivenConfigs): ReadonlyMap<string, string> {
  return new Map([
    ['node.id', String(settings['node.id'])],
    ['broker.id', String(settings['node.id'])],
    ['process.roles', 'broker,controller'],
    ['listeners', facts.listeners],
    ['advertised.listeners', facts.advertisedListeners],
    ['log.dirs', facts.logDirectory],
  ]);
}

/** Every config of the broker as DescribeConfigs shows it and as topics inherit it: ours, and all of Kafka's. */
export function brokerSettings(settings: Settings, facts: GivenConfigs): BrokerSetting[] {
  const ours = (Object.keys(declarations) as SettingName[]).map((name) => declaredSetting(name, settings));
  const named = new Set(ours.map(({ name }) => name));
  const others = [...kafkaConfigs.values()].filter(({ name }) => !named.has(name)).map(withoutEffect);
  const natural = given(settings, facts);
  return [...ours, ...others].map((setting) => {
    const value = natural.get(setting.name);
    return value === undefined
      ? setting
      : { ...setting, value, default: kafkaConfigs.get(setting.name)?.default ?? null, given: true };
  });
}
