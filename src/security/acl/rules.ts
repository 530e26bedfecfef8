import type { AclOperation, Requester, ResourceType } from '../authorizer.ts';
import { type AclBinding, EVERYBODY, type GrantedOperation, type Permission, WILDCARD } from './bindings.ts';
import { canonicalHost } from './hosts.ts';
import { PatternTable } from './patterns.ts';

/** What an ACL says of a resource, apart from which and to whom. */
interface Rule {
  readonly host: string;
  readonly operation: GrantedOperation;
  readonly permission: Permission;
}

/** What the ACLs say: `none` that nothing speaks of the resource at all, `silent` that nothing speaks of this request. */
export type Verdict = 'allow' | 'deny' | 'silent' | 'none';

/** The rights on one kind of resource. */
interface TypeRules {
  /** The rules of each principal, by resource pattern. */
  readonly principals: Map<string, PatternTable<Rule[]>>;
  /** How many rules each pattern has, of whomever. */
  readonly patterns: PatternTable<number>;
}

/** Rights that carry a right with them; only what allows does, what denies denies itself alone. */
const IMPLIED_BY: Readonly<Partial<Record<AclOperation, ReadonlySet<GrantedOperation>>>> = {
  describe: new Set<GrantedOperation>(['describe', 'read', 'write', 'delete', 'alter']),
  'describe-configs': new Set<GrantedOperation>(['describe-configs', 'alter-configs']),
};

function speaksOf({ operation: said, permission }: Rule, operation: AclOperation): boolean {
  if (said === 'all' || said === operation) return true;
  return permission === 'allow' && IMPLIED_BY[operation]?.has(said) === true;
}

/** ACLs in memory, arranged for decisions: first by kind of resource, then by principal, then by pattern. */
export class AclRules {
  readonly #types = new Map<ResourceType, TypeRules>();

  add(acl: AclBinding): void {
    const { principals, patterns } = this.#rulesOf(acl.resourceType);
    const { patternType, resourceName, principal } = acl;
    patterns.set(patternType, resourceName, (patterns.get(patternType, resourceName) ?? 0) + 1);
    const table = principals.get(principal) ?? new PatternTable<Rule[]>();
    principals.set(principal, table);
    const rules = table.get(patternType, resourceName);
    if (rules === undefined) table.set(patternType, resourceName, [ruleOf(acl)]);
    else rules.push(ruleOf(acl));
  }

  /** Removes an ACL that was added. */
  remove(acl: AclBinding): void {
    const { principals, patterns } = this.#rulesOf(acl.resourceType);
    const { patternType, resourceName, principal } = acl;
    const count = (patterns.get(patternType, resourceName) ?? 0) - 1;
    if (count > 0) patterns.set(patternType, resourceName, count);
    else patterns.delete(patternType, resourceName);
    const table = principals.get(principal);
    const rules = table?.get(patternType, resourceName);
    if (table === undefined || rules === undefined) return;
    const gone = ruleOf(acl);
    // Only one of those that are alike: two ACLs may name the same address in different forms.
    rules.splice(
      rules.findIndex((rule) => sameRule(rule, gone)),
      1,
    );
    if (rules.length > 0) return;
    table.delete(patternType, resourceName);
    if (table.size === 0) principals.delete(principal);
  }

  /** What the ACLs say of a request; one that denies wins over all that allow. */
  decide({ principal, host }: Requester, operation: AclOperation, type: ResourceType, name: string): Verdict {
    const rules = this.#types.get(type);
    if (rules === undefined) return 'none';
    let allowed = false;
    const denies = (list: readonly Rule[]): boolean => {
      for (const rule of list) {
        if (rule.host !== WILDCARD && rule.host !== host) continue;
        if (!speaksOf(rule, operation)) continue;
        if (rule.permission === 'deny') return true;
        allowed = true;
      }
      return false;
    };
    if (rules.principals.get(principal)?.some(name, denies) === true) return 'deny';
    if (principal !== EVERYBODY && rules.principals.get(EVERYBODY)?.some(name, denies) === true) return 'deny';
    if (allowed) return 'allow';
    return rules.patterns.some(name, () => true) ? 'silent' : 'none';
  }

  /**
   * Whether some name may exist for which the request is allowed: a pattern that allows and that no pattern which denies covers whole.
   * As in Kafka, only the operation itself and `all` count here, not what implies it (KIP-679).
   */
  allowsAny(requester: Requester, operation: AclOperation, type: ResourceType): boolean {
    const allowed = new PatternTable<true>();
    const deniedNames = new Set<string>();
    const deniedPrefixes = new PatternTable<true>();
    const principals = this.#types.get(type)?.principals;
    for (const principal of new Set([requester.principal, EVERYBODY])) {
      for (const [pattern, name, rules] of principals?.get(principal)?.entries() ?? []) {
        for (const rule of rules) {
          if (rule.host !== WILDCARD && rule.host !== requester.host) continue;
          if (rule.operation !== 'all' && rule.operation !== operation) continue;
          if (rule.permission === 'allow') allowed.set(pattern, name, true);
          else if (pattern === 'prefixed') deniedPrefixes.set(pattern, name, true);
          else deniedNames.add(name);
        }
      }
    }
    if (deniedNames.has(WILDCARD)) return false;
    if (allowed.get('literal', WILDCARD) === true) return true;
    for (const [pattern, name] of allowed.entries()) {
      if (pattern === 'literal' && deniedNames.has(name)) continue;
      if (!deniedPrefixes.some(name, () => true)) return true;
    }
    return false;
  }

  #rulesOf(type: ResourceType): TypeRules {
    const known = this.#types.get(type);
    if (known !== undefined) return known;
    const made: TypeRules = { principals: new Map(), patterns: new PatternTable() };
    this.#types.set(type, made);
    return made;
  }
}

function ruleOf({ host, operation, permission }: AclBinding): Rule {
  return { host: host === WILDCARD ? host : canonicalHost(host), operation, permission };
}

function sameRule(a: Rule, b: Rule): boolean {
  return a.host === b.host && a.operation === b.operation && a.permission === b.permission;
}
