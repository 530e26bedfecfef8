import { securitySettings } from './settings-security.ts';
import type { SettingName, Settings } from './settings.ts';

const PREFIX = 'listener.name.';

/** Settings of one listener: `listener.name.NAME.SETTING`, or `listener.name.NAME.MECHANISM.SETTING`, both in lower case. */
export type ListenerSettingName = `${typeof PREFIX}${string}`;

/** Settings that may differ from listener to listener. */
type OwnName = Exclude<keyof typeof securitySettings, 'listener.security.protocol.map' | 'ssl.reload.interval.ms'>;

const OWN = (Object.keys(securitySettings) as (keyof typeof securitySettings)[])
  .filter((name): name is OwnName => name !== 'listener.security.protocol.map' && name !== 'ssl.reload.interval.ms')
  .sort((a, b) => b.length - a.length);

/** Which setting a name such as `listener.name.internal.ssl.client.auth` stands for; undefined when it is none of these. */
export function ofListener(name: string): OwnName | undefined {
  if (!name.startsWith(PREFIX)) return undefined;
  return OWN.find((own) => {
    const listener = name.slice(PREFIX.length, -own.length - 1);
    return name.endsWith(`.${own}`) && /^[^.]+(\.[^.]+)?$/.test(listener);
  });
}

/** Whose a setting of a listener is: `NAME`, or `NAME.MECHANISM`; undefined for other settings. */
export function ownerOf(name: string): string | undefined {
  const own = ofListener(name);
  return own === undefined ? undefined : name.slice(PREFIX.length, -own.length - 1);
}

/** The variable of a setting of a listener has its name in upper snake case; what is between prefix and setting is the listener's name. */
export function ofListenerVariable(variable: string): ListenerSettingName | undefined {
  const prefix = 'QUARRY_LISTENER_NAME_';
  if (!variable.startsWith(prefix)) return undefined;
  for (const own of OWN) {
    const ending = `_${own.toUpperCase().replaceAll('.', '_')}`;
    if (!variable.endsWith(ending)) continue;
    const names = variable.slice(prefix.length, -ending.length);
    const mechanism = /_(PLAIN|SCRAM_SHA_256|SCRAM_SHA_512|OAUTHBEARER)$/.exec(names);
    const listener = mechanism === null ? names : names.slice(0, mechanism.index);
    const middle = mechanism === null ? '' : `.${(mechanism[1] ?? '').replaceAll('_', '-').toLowerCase()}`;
    if (listener !== '') return `${PREFIX}${listener.toLowerCase()}${middle}.${own}`;
  }
  return undefined;
}

/** The settings as one listener has them: its own, else those of all. */
export class ListenerSettings {
  readonly #settings: Settings;
  readonly #prefix: string;

  constructor(settings: Settings, listener: string) {
    this.#settings = settings;
    this.#prefix = `${PREFIX}${listener.toLowerCase()}.`;
  }

  /** The value for a mechanism of this listener, for this listener, or for all, whichever is set first. */
  get<Name extends OwnName>(name: Name, mechanism?: string): Settings[Name] {
    return (this.own(name, mechanism) ?? this.#settings[name]) as Settings[Name];
  }

  /** The value that is set for this listener by name; undefined when there is none. */
  own<Name extends OwnName>(name: Name, mechanism?: string): Settings[Name] | undefined {
    const values = this.#settings as unknown as Readonly<Record<string, unknown>>;
    const ofMechanism =
      mechanism === undefined ? undefined : values[`${this.#prefix}${mechanism.toLowerCase()}.${name}`];
    return (ofMechanism ?? values[`${this.#prefix}${name}`]) as Settings[Name] | undefined;
  }
}

/** A setting as sources may name it. */
export type AnySettingName = SettingName | ListenerSettingName;
