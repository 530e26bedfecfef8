import type { DocumentSource } from '../fulltext/document.ts';
import type { AnswerBudget } from './answer-budget.ts';
import { parseId } from './fields.ts';
import { indexNotFound } from './error.ts';
import type { SearchPorts } from './ports.ts';
import type { SearchCatalog } from './topics.ts';
import { readBatch, readDocuments } from './records.ts';

/** Single records by their id. */
export class DocumentService {
  readonly #ports: Pick<SearchPorts, 'log' | 'codecs' | 'settings' | 'clock'>;

  constructor(ports: Pick<SearchPorts, 'log' | 'codecs' | 'settings' | 'clock'>) {
    this.#ports = ports;
  }

  /**
   * The record `partition:offset` of a topic as a document; undefined when there is none that a reader may see (deleted, not yet
   * stable, of an aborted transaction, a transaction marker). Throws index_not_found_exception for an unknown topic.
   */
  async get(
    catalog: SearchCatalog,
    topic: string,
    id: string,
    budget: AnswerBudget,
  ): Promise<DocumentSource | undefined> {
    if (catalog.topic(topic) === undefined) throw indexNotFound(topic);
    const parsed = parseId(id);
    const log = parsed === undefined ? undefined : this.#ports.log.partition(topic, parsed.partition);
    if (parsed === undefined || log === undefined) return undefined;
    if (parsed.offset < log.logStartOffset || parsed.offset >= log.lastStableOffset) return undefined;
    const batch = await readBatch(log, parsed.offset);
    if (batch === undefined || batch.aborted) return undefined;
    return (await readDocuments(log, [parsed.offset], this.#ports, budget)).get(parsed.offset);
  }
}
