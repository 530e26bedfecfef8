import { declarations, type SettingName, type Settings } from '../config/settings.ts';
import type { Setting } from '../config/types.ts';
import type { BrokerSetting } from '../log/catalog-brokers.ts';
import type { ConfigType } from '../log/topic-configs-types.ts';

/** The topic settings of ours take their defaults from settings with shorter names. */
const TOPIC_DEFAULTS: Readonly<Record<string, string>> = { search: 'quarry.search', table: 'quarry.table' };

function typeOf(name: string, value: unknown): ConfigType {
  if (typeof value === 'boolean') return 'boolean';
  if (Array.isArray(value)) return 'list';
  if (typeof value !== 'number') return 'string';
  if (!Number.isSafeInteger(value)) return 'double';
  return name.endsWith('.ms') || name.endsWith('.bytes') ? 'long' : 'int';
}

/** Secrets, and URLs that may hold some: clients are not shown them. */
const SENSITIVE: ReadonlySet<string> = new Set([
  'objects',
  'metadata',
  'ssl.keystore.password',
  'ssl.key.password',
  'ssl.keystore.key',
  'sasl.jaas.config',
  'delegation.token.secret.key',
] satisfies SettingName[]);

const textOf = (value: unknown): string => (Array.isArray(value) ? value.join(',') : String(value));

/** The broker's settings as DescribeConfigs shows them, and as topics inherit them. */
export function brokerSettings(settings: Settings): BrokerSetting[] {
  return (Object.entries(declarations) as [SettingName, Setting<unknown>][]).map(([name, declared]) => ({
    name: TOPIC_DEFAULTS[name] ?? name,
    type: typeOf(name, declared.default),
    value: textOf(settings[name]),
    default: textOf(declared.default),
    doc: declared.doc,
    sensitive: SENSITIVE.has(name),
  }));
}
