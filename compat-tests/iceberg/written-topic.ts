import { scheduler } from 'node:timers/promises';
import type { Producer } from 'kafkajs';
import { type CaseContext, eventually, holds, same } from '../harness.ts';
import { Clients, ConfigResourceTypes } from '../kafkajs/clients.ts';
import type { Engine, TableRow } from './engine.ts';

const PARTITIONS = 2;
const BATCH = 25;

/** A topic with a table, and what was written to it. */
export class WrittenTopic {
  readonly name: string;
  /** The values of each partition, by offset. */
  readonly #sent: string[][] = Array.from({ length: PARTITIONS }, () => []);
  readonly #producer: Producer;

  private constructor(name: string, producer: Producer) {
    this.name = name;
    this.#producer = producer;
  }

  static async create(
    context: CaseContext,
    configs: Readonly<Record<string, string>> = {},
    clients: Clients = new Clients(context),
  ): Promise<WrittenTopic> {
    const name = await clients.topic(PARTITIONS, { 'quarry.table': 'true', ...configs });
    return new WrittenTopic(name, await clients.producer());
  }

  /** From now on the files of its table are merged. */
  async mergeFiles(context: CaseContext): Promise<void> {
    const admin = await new Clients(context).admin();
    const configs = { 'quarry.table': 'true', 'quarry.merge.policy': 'size-tiered' };
    const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }));
    const resource = { type: ConfigResourceTypes.TOPIC, name: this.name, configEntries };
    await admin.alterConfigs({ validateOnly: false, resources: [resource] });
  }

  /** Sends one batch to each partition. */
  async write(): Promise<void> {
    for (const [partition, sent] of this.#sent.entries()) {
      const values = Array.from({ length: BATCH }, (_none, at) => `value ${sent.length + at} of ${partition}`);
      await this.#producer.send({ topic: this.name, messages: values.map((value) => ({ partition, value })) });
      sent.push(...values);
    }
  }

  /** Writes on until `done`. */
  async writeWhile(busy: () => boolean): Promise<void> {
    while (busy()) {
      await this.write();
      await scheduler.wait(100);
    }
  }

  /** Every record that was acknowledged, as a row. */
  rows(): TableRow[] {
    return this.#sent.flatMap((values, partition) =>
      values.map((value, offset): TableRow => [partition, offset, value]),
    );
  }

  /** Throws unless `seen` is what the log once was: of each partition the records from the first on, each once. */
  checkPrefix(seen: readonly TableRow[], what: string): void {
    for (const [partition, values] of this.#sent.entries()) {
      const rows = seen.filter(([of]) => of === partition);
      same(
        rows,
        values.slice(0, rows.length).map((value, offset) => [partition, offset, value]),
        `${what}: partition ${partition}`,
      );
    }
  }

  /** Waits until an engine reads exactly the log and `others`. */
  async settled(engine: Engine, others: readonly TableRow[] = []): Promise<void> {
    const wanted = this.rows().length + others.length;
    await eventually(async () => (await this.#readable(engine)).length >= wanted, `${wanted} rows`, 60_000);
    same(await engine.read(this.name), [...this.rows(), ...others], 'the rows of the table');
  }

  async #readable(engine: Engine): Promise<readonly TableRow[]> {
    try {
      return await engine.read(this.name);
    } catch (error) {
      // The table is made with the first records.
      if (/NoSuchTable|TABLE_OR_VIEW_NOT_FOUND|does not exist/i.test(String(error))) return [];
      throw error;
    }
  }

  /** Reads again and again while the topic is written, until a few reads saw more than the one before. */
  async readWhileWritten(engine: Engine): Promise<void> {
    const reads: (readonly TableRow[])[] = [];
    let reading = true;
    const writing = this.writeWhile(() => reading);
    try {
      for (let grown = 0; grown < 4; ) {
        const rows = await this.#readable(engine);
        if (rows.length > (reads.at(-1)?.length ?? 0)) grown++;
        reads.push(rows);
      }
    } finally {
      reading = false;
      await writing;
    }
    for (const [at, rows] of reads.entries()) {
      this.checkPrefix(rows, `read ${at}`);
      holds(rows.length >= (reads[at - 1]?.length ?? 0), `read ${at} saw fewer rows than the one before`);
    }
  }
}
