type Ids = ReadonlyMap<string, string>;

/** Fields of answers that show who may see and do what. Texts, addresses, times and sizes differ from broker to broker. */
const SHOWN = new Set([
  'errorCode',
  'name',
  'topic',
  'topicName',
  'topicId',
  'groupId',
  'key',
  'transactionalId',
  'resourceName',
  'resourceType',
  'partition',
  'index',
  'partitionIndex',
  'partitionId',
  'partitionErrorCode',
  'committedOffset',
  'groupState',
  'memberId',
  'numPartitions',
  'topicConfigErrorCode',
  'topicAuthorizedOperations',
  'clusterAuthorizedOperations',
  'authorizedOperations',
]);

const COUNTED = new Set(['configs', 'brokers', 'records', 'members', 'supportedFeatures', 'assignment']);
/** Beside the point here. */
const LEFT_OUT = new Set(['abortedTransactions', 'recordErrors', 'nodeEndpoints', 'synonyms', 'offlineReplicas']);
const NO_ID = 'AAAAAAAAAAAAAAAAAAAAAA';

/** What of an answer is compared: topic ids by the names of their topics, lists in one order, and of some only whether they are empty. */
export function shown(value: unknown, ids: Ids): unknown {
  if (Array.isArray(value)) {
    const all = whole(value.filter((one) => !isInternal(one))).map((one) => shown(one, ids));
    return all.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }
  if (value === null || typeof value !== 'object') return value;
  const kept: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(value)) {
    if (LEFT_OUT.has(name)) continue;
    if (COUNTED.has(name)) kept[name] = isEmpty(inner) ? 'none' : 'some';
    else if (name === 'memberId') kept[name] = inner === '' ? 'none' : 'some';
    else if (name === 'topicId') kept[name] = inner === NO_ID ? 'none' : `<${ids.get(String(inner)) ?? 'unknown'}>`;
    else if (Array.isArray(inner) && inner.some((one) => typeof one === 'object')) kept[name] = shown(inner, ids);
    else if (Array.isArray(inner) && inner.length === 0) kept[name] = [];
    else if (SHOWN.has(name)) kept[name] = inner;
  }
  return kept;
}

/** Topics in which Apache Kafka keeps its own state; here there are none. */
function isInternal(entry: unknown): boolean {
  const { resourceName } = entry as { resourceName?: string };
  return resourceName?.startsWith('__') === true;
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  return Array.isArray(value) || value instanceof Uint8Array ? value.length === 0 : false;
}

/** A topic that an answer splits into several entries, as one. */
function whole(entries: readonly unknown[]): unknown[] {
  const found = new Map<string, Record<string, unknown>>();
  for (const [index, entry] of entries.entries()) {
    const { topic, topicId, partitions } = entry as { topic?: string; topicId?: string; partitions?: unknown[] };
    const key = topicId === undefined || topic === undefined ? String(index) : `${topic}/${topicId}`;
    const before = found.get(key);
    if (before === undefined) found.set(key, { ...(entry as object) });
    else before['partitions'] = [...(before['partitions'] as unknown[]), ...(partitions ?? [])];
  }
  return [...found.values()];
}
