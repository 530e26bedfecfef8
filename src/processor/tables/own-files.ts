import type { TableHost } from './types.ts';

/**
 * What merging and the deletion of keys have to do with the host. Both write files and commit them in one go, beside the sink: until then the files
 * are theirs, and a table that is opened meanwhile must not take them for those of a run that ended.
 */
export class OwnFiles implements Pick<TableHost, 'announce' | 'settle' | 'discard'> {
  readonly #host: TableHost;
  readonly #inFlight = new Set<string>();

  constructor(host: TableHost) {
    this.#host = host;
  }

  announce(objectKey: string): Promise<void> {
    this.#inFlight.add(objectKey);
    return this.#host.announce(objectKey);
  }

  async settle(files: Parameters<TableHost['settle']>[0]): Promise<void> {
    await this.#host.settle(files);
    for (const key of [...files.committed, ...files.abandoned]) this.#inFlight.delete(key);
  }

  discard(objectKeys: readonly string[]): Promise<void> {
    return this.#host.discard(objectKeys);
  }

  mergeProgress(topicId: string, bytes: number): Promise<void> {
    return this.#host.mergeProgress(topicId, bytes);
  }

  /** All that waits for its commit, these files included. */
  unsettled(prefix: string): Promise<readonly string[]> {
    return this.#host.unsettled(prefix);
  }

  /** What waits for a commit and is not written here at this moment. */
  async unsettledByOthers(prefix: string): Promise<readonly string[]> {
    return (await this.#host.unsettled(prefix)).filter((key) => !this.#inFlight.has(key));
  }
}
