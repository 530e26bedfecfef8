import { parseDocument, visit } from 'yaml';
import { type AnySettingName, ofListener, ofListenerVariable } from './listener-settings.ts';
import { profiles } from './settings-processor.ts';
import { nearestName } from './nearest-name.ts';
import { declarations, defaultSettings, type SettingName, type Settings } from './settings.ts';
import { flag as trueOrFalse, type Setting } from './types.ts';

/** A setting that cannot be used; the message says where it came from and what is wanted. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

export interface SettingsSources {
  /** Flags without the program's name: `--wal.seal.bytes 1048576`, `--search=false`. */
  readonly flags: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Reads a UTF-8 file. */
  readonly readFile: (path: string) => string;
}

export interface LoadedSettings {
  readonly settings: Settings;
  /** Which were set, and where: Kafka's describe tells it. */
  readonly sources: ReadonlyMap<AnySettingName, 'flag' | 'environment' | 'file' | 'profile'>;
  /** Sentences for the log. */
  readonly warnings: readonly string[];
}

const ALIASES: Readonly<Record<string, SettingName>> = { 'broker.id': 'node.id' };

function isSetting(name: string): name is AnySettingName {
  return Object.hasOwn(declarations, name) || ofListener(name) !== undefined;
}

/** The declaration of a setting; one of a listener is declared as that of all. */
function declarationOf(name: AnySettingName): Setting<unknown> {
  return declarations[ofListener(name) ?? (name as SettingName)];
}

/** The setting that is meant by a name. Throws SettingsError for one that there is not; `where` says where it was given. */
export function nameOf(given: string, where: string): AnySettingName {
  // A listener is called OUTSIDE in `listeners`, and may be here, too.
  const lower = given.toLowerCase();
  const name = ALIASES[given] ?? (lower.startsWith('listener.name.') ? lower : given);
  if (isSetting(name)) return name;
  const near = nearestName(given, Object.keys(declarations));
  const advice = near === undefined ? '`quarry settings` lists all' : `did you mean '${near}'?`;
  throw new SettingsError(`unknown setting '${given}' (${where}); ${advice}`);
}

/** `--name value`, `--name=value`; what is true or false is true where neither is said. */
function fromFlags(flags: readonly string[]): Map<AnySettingName, string> {
  const found = new Map<AnySettingName, string>();
  for (let i = 0; i < flags.length; i++) {
    const flag = flags[i] ?? '';
    if (!flag.startsWith('--'))
      throw new SettingsError(`unexpected argument '${flag}'; settings are given as --name value`);
    const equals = flag.indexOf('=');
    const name = nameOf(equals < 0 ? flag.slice(2) : flag.slice(2, equals), 'flag');
    if (equals >= 0) {
      found.set(name, flag.slice(equals + 1));
      continue;
    }
    const next = flags[i + 1];
    const isValue = next !== undefined && !next.startsWith('--');
    if (!isValue && declarationOf(name).type !== trueOrFalse)
      throw new SettingsError(`setting '${name}' (flag): its value is missing`);
    found.set(name, isValue ? next : 'true');
    if (isValue) i++;
  }
  return found;
}

/** The environment variable of a setting: `QUARRY_` and upper snake case. */
export function environmentName(name: string): string {
  return `QUARRY_${name.toUpperCase().replaceAll('.', '_')}`;
}

/** Variables that commands on a running broker read. */
const OF_COMMANDS: ReadonlySet<string> = new Set(['QUARRY_HTTP_USER', 'QUARRY_HTTP_PASSWORD', 'QUARRY_HTTP_TOKEN']);

function fromEnvironment(environment: SettingsSources['environment'], warnings: string[]): Map<AnySettingName, string> {
  const found = new Map<AnySettingName, string>();
  const known = new Map<string, SettingName>();
  for (const [name, declared] of Object.entries(declarations) as [SettingName, Setting<unknown>][]) {
    known.set(environmentName(name), name);
    const unprefixed = declared.env === undefined ? undefined : environment[declared.env];
    if (unprefixed !== undefined && unprefixed !== '') found.set(name, unprefixed);
  }
  for (const [variable, value] of Object.entries(environment)) {
    if (!variable.startsWith('QUARRY_') || value === undefined || OF_COMMANDS.has(variable)) continue;
    const name = known.get(variable) ?? ofListenerVariable(variable);
    if (name === undefined) warnings.push(`the environment variable ${variable} is no setting and was ignored`);
    else found.set(name, value);
  }
  return found;
}

/** Texts by dotted names; null where a name stands without a value. */
function flatten(value: unknown, path: string, into: Map<string, string | null>): void {
  if (Array.isArray(value)) into.set(path, value.join(','));
  else if (value !== null && typeof value === 'object') {
    for (const [key, inner] of Object.entries(value)) flatten(inner, path === '' ? key : `${path}.${key}`, into);
  } else if (value === null) into.set(path, null);
  else if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    into.set(path, `${value}`);
}

/** What a YAML document says, with numbers as they are written: a password of digits keeps its zeros. */
function parseYaml(source: string): unknown {
  const document = parseDocument(source);
  const [wrong] = document.errors;
  if (wrong !== undefined) throw wrong;
  visit(document, {
    Scalar(_key, node) {
      if (typeof node.value === 'number') node.value = node.source ?? node.value;
    },
  });
  return document.toJS();
}

function fromFile(path: string, readFile: SettingsSources['readFile']): Map<AnySettingName, string> {
  const flat = new Map<string, string | null>();
  let parsed: unknown;
  try {
    parsed = parseYaml(readFile(path));
  } catch (error) {
    throw new SettingsError(`cannot read the settings file '${path}': ${(error as Error).message}`, { cause: error });
  }
  if (typeof parsed !== 'object' || Array.isArray(parsed))
    throw new SettingsError(`the settings file '${path}' does not consist of names with values, 'name: value'`);
  if (parsed !== null) flatten(parsed, '', flat);
  const found = new Map<AnySettingName, string>();
  for (const [given, value] of flat) {
    // A group of which every line is a comment is no mistake.
    if (value === null && !isSetting(ALIASES[given] ?? given)) continue;
    const name = nameOf(given, `file ${path}`);
    if (value === null) throw new SettingsError(`setting '${name}' (file ${path}): its value is missing`);
    found.set(name, value);
  }
  return found;
}

/** Parses and checks all settings: flags beat environment beat file beat profile beat defaults. Throws SettingsError. */
export function loadSettings(from: SettingsSources): LoadedSettings {
  const warnings: string[] = [];
  const flags = fromFlags(from.flags);
  const environment = fromEnvironment(from.environment, warnings);
  const path = flags.get('config') ?? environment.get('config') ?? '';
  const file = path === '' ? new Map<AnySettingName, string>() : fromFile(path, from.readFile);
  const profile =
    flags.get('processor.profile') ??
    environment.get('processor.profile') ??
    file.get('processor.profile') ??
    'default';
  const profileValues = new Map(Object.entries(profiles[profile] ?? {})) as Map<AnySettingName, string>;
  const layers = [
    ['profile', profileValues],
    ['file', file],
    ['environment', environment],
    ['flag', flags],
  ] as const;
  const values: Record<string, unknown> = { ...defaultSettings() };
  const sources = new Map<AnySettingName, 'flag' | 'environment' | 'file' | 'profile'>();
  for (const [where, given] of layers) {
    for (const [name, value] of given) {
      try {
        values[name] = declarationOf(name).type.parse(value);
      } catch (error) {
        throw new SettingsError(`setting '${name}' (${where}): ${(error as Error).message}`, { cause: error });
      }
      sources.set(name, where);
    }
  }
  return { settings: values as Settings, sources, warnings };
}
