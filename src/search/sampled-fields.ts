import { batchesOf, decodeRecords } from '../../protocol/records/index.ts';
import { parseDateBytes } from '../fulltext/dates.ts';
import { type DocumentSource, sourceOf } from '../fulltext/document.ts';
import type { PartitionLog, ReadResult } from '../log/types.ts';
import type { SearchPorts } from './ports.ts';
import { isGone } from './records.ts';
import { isRawNumber } from './source-filter.ts';
import type { CatalogTopic } from './topics.ts';

export type FieldType = 'text' | 'date' | 'long' | 'double' | 'boolean';

/** A field that some record has. */
export interface FieldInfo {
  /** Dotted name. */
  readonly name: string;
  readonly types: readonly FieldType[];
}

/** Newest records of a partition that are looked at. */
const RECORDS = 100;
const BYTES = 256 * 1024;
/** Partitions of a topic that are looked at. */
const PARTITIONS = 8;
/** Names are made of data: beyond so many no more are taken. */
const MAX_FIELDS = 2000;

type Ports = Pick<SearchPorts, 'log' | 'codecs' | 'settings'>;

/** The fields of a topic's newest records, by name. There are no mappings: what no such record has is not known here, but searched all the same. */
export async function sampledFields(topic: CatalogTopic, ports: Ports): Promise<readonly FieldInfo[]> {
  const types = new Map<string, Set<FieldType>>();
  for (let partition = 0; partition < Math.min(topic.partitions, PARTITIONS); partition++) {
    const log = ports.log.partition(topic.name, partition);
    if (log === undefined || log.lastStableOffset <= log.logStartOffset) continue;
    for (const document of await newestDocuments(log, ports)) addTypes(document, types);
  }
  return [...types]
    .map(([name, found]) => ({ name, types: [...found] }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

async function newestDocuments(log: PartitionLog, ports: Ports): Promise<DocumentSource[]> {
  const { lastStableOffset } = log;
  const from = Math.max(log.logStartOffset, lastStableOffset - RECORDS);
  const documents: DocumentSource[] = [];
  const read = await readFrom(log, from);
  // Of a producer with an aborted transaction nothing is looked at: what it committed later will be seen elsewhere.
  const aborted = new Set(read?.abortedTransactions.map(({ producerId }) => producerId));
  for (const chunk of read?.chunks ?? []) {
    for (const header of batchesOf(chunk)) {
      if (header.isControl || header.lastOffset < from || documents.length >= RECORDS) continue;
      if (header.isTransactional && aborted.has(header.producerId)) continue;
      const batch = chunk.subarray(header.position, header.position + header.sizeInBytes);
      decodeRecords(batch, ports.codecs, ports.settings.maxBatchBytes, (view) => {
        if (view.offset >= from && view.offset < lastStableOffset) documents.push(sourceOf(view, log.partition));
        return documents.length < RECORDS;
      });
    }
  }
  return documents;
}

async function readFrom(log: PartitionLog, from: number): Promise<ReadResult | undefined> {
  try {
    return await log.read(from, BYTES, 'read_committed', true);
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** Documents are at most 64 levels deep. */
function addTypes(source: DocumentSource, types: Map<string, Set<FieldType>>): void {
  const visit = (value: unknown, path: string): void => {
    if (Array.isArray(value)) for (const item of value) visit(item, path);
    else if (typeof value === 'object' && value !== null && !isRawNumber(value)) {
      for (const [name, inner] of Object.entries(value)) visit(inner, path === '' ? name : `${path}.${name}`);
    } else if (value !== null) add(path, typeOf(value));
  };
  const add = (path: string, type: FieldType): void => {
    const known = types.get(path);
    if (known !== undefined) known.add(type);
    else if (types.size < MAX_FIELDS) types.set(path, new Set([type]));
  };
  visit(source, '');
}

const encoder = new TextEncoder();

function typeOf(value: unknown): FieldType {
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'number') return Number.isInteger(value) ? 'long' : 'double';
  if (typeof value !== 'string') return 'double';
  if (value.length > 40) return 'text';
  const bytes = encoder.encode(value);
  return Number.isNaN(parseDateBytes(bytes, 0, bytes.length)) ? 'text' : 'date';
}
