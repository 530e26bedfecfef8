import { entityKey, entityOfKey, type QuotaEntity, type QuotaName } from './entity.ts';

type Part = string | null | undefined;

/** A limit that holds for a client, and who shares it: all clients of the same `owner` together may use it up. */
export interface Limit {
  readonly value: number;
  readonly owner: string;
}

/** The values of one quota, by user and client id: null is the default, undefined means that the entity does not speak of it. */
class Levels {
  readonly #values = new Map<Part, Map<Part, number>>();

  get isEmpty(): boolean {
    return this.#values.size === 0;
  }

  set(user: Part, clientId: Part, value: number | undefined): void {
    const values = this.#values.get(user) ?? new Map<Part, number>();
    if (value === undefined) values.delete(clientId);
    else values.set(clientId, value);
    if (values.size === 0) this.#values.delete(user);
    else this.#values.set(user, values);
  }

  get(user: Part, clientId: Part): number | undefined {
    return this.#values.get(user)?.get(clientId);
  }
}

/** The quotas in memory: those set for each entity, and the one that holds for a client. */
export class QuotaLimits {
  readonly #entities = new Map<string, { readonly entity: QuotaEntity; readonly values: Map<QuotaName, number> }>();
  readonly #levels = new Map<QuotaName, Levels>();

  /** Sets a quota of an entity, or takes it away. */
  set(entity: QuotaEntity, name: QuotaName, value: number | undefined): void {
    const key = entityKey(entity);
    const known = this.#entities.get(key) ?? { entity: entityOfKey(key), values: new Map<QuotaName, number>() };
    if (value === undefined) known.values.delete(name);
    else known.values.set(name, value);
    if (known.values.size === 0) this.#entities.delete(key);
    else this.#entities.set(key, known);
    const levels = this.#levels.get(name) ?? new Levels();
    // An address takes the place of a user: no quota is for both.
    levels.set('ip' in entity ? entity.ip : entity.user, entity['client-id'], value);
    if (levels.isEmpty) this.#levels.delete(name);
    else this.#levels.set(name, levels);
  }

  /** The quotas of an entity. */
  of(entity: QuotaEntity): ReadonlyMap<QuotaName, number> {
    return this.#entities.get(entityKey(entity))?.values ?? new Map<QuotaName, number>();
  }

  all(): Iterable<{ readonly entity: QuotaEntity; readonly values: ReadonlyMap<QuotaName, number> }> {
    return this.#entities.values();
  }

  /** Whether anybody has this quota. */
  has(name: QuotaName): boolean {
    return this.#levels.has(name);
  }

  /**
   * The quota that holds for a client, the most particular first, as in Kafka: user and client id, each by name before the default; the user
   * alone; the client id alone. Clients that one quota of a user is for share it, and so do all of one client id.
   */
  find(name: QuotaName, user: string, clientId: string): Limit | undefined {
    const levels = this.#levels.get(name);
    if (levels === undefined) return undefined;
    const both = `${user.length} ${user}${clientId}`;
    const ofUser = `${user.length} ${user}`;
    return (
      limit(levels.get(user, clientId), both) ??
      limit(levels.get(user, null), both) ??
      limit(levels.get(user, undefined), ofUser) ??
      limit(levels.get(null, clientId), both) ??
      limit(levels.get(null, null), both) ??
      limit(levels.get(null, undefined), ofUser) ??
      limit(levels.get(undefined, clientId), `- ${clientId}`) ??
      limit(levels.get(undefined, null), `- ${clientId}`)
    );
  }

  /** The quota of connections that holds for an address; every address has its own. */
  findAddress(address: string): Limit | undefined {
    const levels = this.#levels.get('connection_creation_rate');
    if (levels === undefined) return undefined;
    return limit(levels.get(address, undefined), address) ?? limit(levels.get(null, undefined), address);
  }
}

function limit(value: number | undefined, owner: string): Limit | undefined {
  return value === undefined ? undefined : { value, owner };
}
