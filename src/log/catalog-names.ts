import { CatalogError } from './catalog-errors.ts';

const MAX_LENGTH = 249;

/** Topics that Apache Kafka keeps its own state in. Here that state is in SQL, and nobody may have topics of these names. */
const INTERNAL: ReadonlySet<string> = new Set(['__consumer_offsets', '__transaction_state', '__share_group_state']);

/** Whether Kafka would hold the topic for its own. */
export function isInternalName(name: string): boolean {
  return INTERNAL.has(name);
}

function nameFault(name: string): string | undefined {
  if (name === '') return 'the empty string is not allowed';
  if (name === '.' || name === '..') return `'${name}' is not allowed`;
  if (name.length > MAX_LENGTH) return `the length of '${name}' is longer than the max allowed length ${MAX_LENGTH}`;
  if (/^[a-zA-Z0-9._-]+$/.test(name)) return undefined;
  return `'${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`;
}

/** Whether Kafka allows the name. */
export const isTopicName = (name: string): boolean => nameFault(name) === undefined;

/** Throws CatalogError INVALID_TOPIC_EXCEPTION for a name that Kafka does not allow. */
export function checkTopicName(name: string): void {
  const fault = nameFault(name);
  if (fault !== undefined) throw new CatalogError('INVALID_TOPIC_EXCEPTION', `Topic name is invalid: ${fault}`);
}

/** Two names collide when they differ in '.' and '_' only: Kafka's metric names cannot tell them apart. */
export function collisionKey(name: string): string {
  return name.replaceAll('.', '_');
}
