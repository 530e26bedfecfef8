import { SettingsError } from '../config/load.ts';
import type { Settings } from '../config/settings.ts';
import { AclAuthorizer, type AclStore } from '../security/acl/acl-authorizer.ts';
import { type Authorizer, everybodyMay } from '../security/authorizer.ts';
import type { BrokerParts } from './parts.ts';
import type { Storage } from './storage.ts';

/** Who may do what. */
export interface Rights {
  readonly authorizer: Authorizer;
  /** Undefined where no authorizer is set. */
  readonly acls: AclStore | undefined;
}

/** The principals of `super.users`. Throws SettingsError for one without a type. */
export function superUsers(settings: Settings): string[] {
  const names = settings['super.users']
    .split(';')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const wrong = names.find((name) => !/^[^:]+:./.test(name));
  if (wrong !== undefined)
    throw new SettingsError(`setting 'super.users': expected principals such as User:admin, got '${wrong}'`);
  return names;
}

/** The authorizer that the settings name, with its ACLs read. */
export async function openRights({ settings, metrics, logger }: BrokerParts, { sql }: Storage): Promise<Rights> {
  if (settings['authorizer.class.name'] === '') return { authorizer: everybodyMay, acls: undefined };
  const rules = { superUsers: superUsers(settings), allowIfNoAcl: settings['allow.everyone.if.no.acl.found'] };
  const authorizer = await AclAuthorizer.open(sql, rules, metrics, logger.child('authorizer'));
  return { authorizer, acls: authorizer };
}
