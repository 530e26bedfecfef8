import type { Logger } from '../../base/logger.ts';
import type { Metrics } from '../../base/metrics.ts';
import { aclRows, removeAcl, saveAcl } from '../../metadata/acls.ts';
import type { SqlEngine } from '../../metadata/types.ts';
import type { AclOperation, Authorizer, Requester, ResourceType } from '../authorizer.ts';
import { type AclBinding, type AclFilter, fitsFilter, keyOf } from './bindings.ts';
import { AclRules } from './rules.ts';

export interface AclSettings {
  /** `super.users`: principals that may do everything. */
  readonly superUsers: readonly string[];
  /** `allow.everyone.if.no.acl.found`: whether everybody may do what no ACL speaks of. */
  readonly allowIfNoAcl: boolean;
}

/** The ACLs that the authorizer knows, for those who look at them and change them. */
export interface AclStore {
  /** The ACLs that a filter means. */
  find(filter: AclFilter): readonly AclBinding[];
  /** Adds ACLs; those that are there stay. Resolves when durable; decisions follow them from then on. */
  create(acls: readonly AclBinding[]): Promise<void>;
  /** Removes what the filters mean, and resolves with what that was, by filter, when it is gone for good. */
  delete(filters: readonly AclFilter[]): Promise<readonly (readonly AclBinding[])[]>;
}

/** ACLs that one request may remove, as in Apache Kafka. */
const MOST_REMOVED = 10_000;

/** Thrown by `delete` for filters that mean more ACLs than one request may remove. */
export class TooManyAcls extends Error {
  override readonly name = 'TooManyAcls';
}

/** Kafka's StandardAuthorizer: ACLs in SQL, and in memory for decisions. What no ACL allows is denied. */
export class AclAuthorizer implements Authorizer, AclStore {
  readonly #sql: SqlEngine;
  readonly #superUsers: ReadonlySet<string>;
  readonly #allowIfNoAcl: boolean;
  readonly #logger: Logger;
  readonly #acls = new Map<string, AclBinding>();
  readonly #rules = new AclRules();
  #last: Promise<unknown> = Promise.resolve();

  private constructor(sql: SqlEngine, settings: AclSettings, logger: Logger) {
    this.#sql = sql;
    this.#superUsers = new Set(settings.superUsers);
    this.#allowIfNoAcl = settings.allowIfNoAcl;
    this.#logger = logger;
  }

  /** Reads all ACLs from SQL. */
  static async open(sql: SqlEngine, settings: AclSettings, metrics: Metrics, logger: Logger): Promise<AclAuthorizer> {
    const authorizer = new AclAuthorizer(sql, settings, logger);
    for (const row of await aclRows(sql)) authorizer.#add(row as AclBinding);
    metrics.gaugeFrom('quarry_acls', 'ACLs that the authorizer knows.', () => authorizer.#acls.size);
    return authorizer;
  }

  authorize(requester: Requester, operation: AclOperation, type: ResourceType, name: string): boolean {
    if (this.#superUsers.has(requester.principal)) return true;
    const verdict = this.#rules.decide(requester, operation, type, name);
    if (verdict === 'allow' || (verdict === 'none' && this.#allowIfNoAcl)) return true;
    // Not louder: lists ask for every name that they may have to leave out.
    this.#logger.debug({ ...requester, operation, type, name, verdict }, 'a right is missing');
    return false;
  }

  authorizeAny(requester: Requester, operation: AclOperation, type: ResourceType): boolean {
    // Some name that nobody would take: so super users, and everybody where no ACL is found, are let through as in Kafka.
    if (this.authorize(requester, operation, type, 'hardcode')) return true;
    return this.#rules.allowsAny(requester, operation, type);
  }

  find(filter: AclFilter): readonly AclBinding[] {
    return [...this.#acls.values()].filter((acl) => fitsFilter(acl, filter));
  }

  create(acls: readonly AclBinding[]): Promise<void> {
    return this.#serial(async () => {
      const added = new Map(acls.map((acl) => [keyOf(acl), acl]));
      for (const key of added.keys()) if (this.#acls.has(key)) added.delete(key);
      if (added.size === 0) return;
      await this.#sql.transaction([...added.values()].map(saveAcl));
      for (const acl of added.values()) {
        this.#add(acl);
        this.#logger.info({ acl }, 'an ACL was added');
      }
    });
  }

  delete(filters: readonly AclFilter[]): Promise<readonly (readonly AclBinding[])[]> {
    return this.#serial(async () => {
      const found = filters.map((filter) => this.find(filter));
      const gone = new Map(found.flat().map((acl) => [keyOf(acl), acl]));
      if (gone.size > MOST_REMOVED) throw new TooManyAcls(`a request may remove ${MOST_REMOVED} ACLs`);
      if (gone.size > 0) await this.#sql.transaction([...gone.values()].map(removeAcl));
      for (const [key, acl] of gone) {
        this.#acls.delete(key);
        this.#rules.remove(acl);
        this.#logger.info({ acl }, 'an ACL was removed');
      }
      return found;
    });
  }

  #add(acl: AclBinding): void {
    this.#acls.set(keyOf(acl), acl);
    this.#rules.add(acl);
  }

  /** One change after another: what a filter means is found among what the change before left. */
  #serial<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
