/** What a quota may limit, by Kafka's names. */
export type QuotaName =
  | 'producer_byte_rate'
  | 'consumer_byte_rate'
  | 'request_percentage'
  | 'controller_mutation_rate'
  | 'connection_creation_rate';

/** Kinds of things that entities are made of. */
export type EntityType = 'user' | 'client-id' | 'ip';

/** Whom a quota is about: names by kind, null for all without a quota of their own. Users and client ids go together, an address goes alone. */
export type QuotaEntity = Readonly<Partial<Record<EntityType, string | null>>>;

interface QuotaRule {
  readonly types: readonly EntityType[];
  /** Only whole numbers up to this one. */
  readonly wholeUpTo?: number;
}

const CLIENTS = ['user', 'client-id'] as const;

/** What each quota may be given to, and the values that it may have. */
export const QUOTAS: Readonly<Record<QuotaName, QuotaRule>> = {
  producer_byte_rate: { types: CLIENTS, wholeUpTo: 2 ** 63 },
  consumer_byte_rate: { types: CLIENTS, wholeUpTo: 2 ** 63 },
  request_percentage: { types: CLIENTS },
  controller_mutation_rate: { types: CLIENTS },
  connection_creation_rate: { types: ['ip'], wholeUpTo: 2 ** 31 - 1 },
};

const TYPES: readonly EntityType[] = ['user', 'client-id', 'ip'];

export function isEntityType(text: string): text is EntityType {
  return (TYPES as readonly string[]).includes(text);
}

export function isQuotaName(text: string): text is QuotaName {
  return Object.hasOwn(QUOTAS, text);
}

/** One text for each entity. */
export function entityKey(entity: QuotaEntity): string {
  return JSON.stringify(TYPES.filter((type) => entity[type] !== undefined).map((type) => [type, entity[type]]));
}

/** The entity of a text that `entityKey` made. */
export function entityOfKey(key: string): QuotaEntity {
  return Object.fromEntries(JSON.parse(key) as [EntityType, string | null][]);
}
