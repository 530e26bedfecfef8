import { Kafka, logLevel } from 'kafkajs';
import { metricsOf } from '../metrics.ts';
import { machineCpuSeconds } from '../processes.ts';

/** What was seen at one moment. Counts of records are since the start of the broker. */
export interface Moment {
  /** Since the first moment. */
  readonly seconds: number;
  readonly produced: number;
  readonly indexed: number;
  readonly rows: number;
  readonly residentBytes: number;
  readonly textBytes: number;
  readonly tableBytes: number;
  readonly cpuSeconds: number;
  /** CPU that everything on the machine used, the broker too. */
  readonly machineCpuSeconds: number;
  readonly walBytes: number;
  readonly flushes: number;
  readonly errors: number;
}

/** Looks at a broker: its /metrics, and the ends of a topic's partitions as a client is told them. */
export class Sampler {
  readonly #http: string;
  readonly #topic: string;
  readonly #admin: ReturnType<Kafka['admin']>;
  #began: bigint | undefined;

  constructor(bootstrap: string, http: string, topic: string) {
    this.#http = http;
    this.#topic = topic;
    this.#admin = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING }).admin();
  }

  open(): Promise<void> {
    return this.#admin.connect();
  }

  async moment(): Promise<Moment> {
    const ends = await this.#admin.fetchTopicOffsets(this.#topic);
    const of = await metricsOf(this.#http);
    const now = process.hrtime.bigint();
    this.#began ??= now;
    return {
      seconds: Number(now - this.#began) / 1e9,
      produced: ends.reduce((sum, { offset }) => sum + Number(offset), 0),
      indexed: of('quarry_text_indexed_records'),
      rows: of('quarry_table_rows'),
      residentBytes: of('quarry_process_resident_bytes'),
      textBytes: of('quarry_text_memory_bytes'),
      tableBytes: of('quarry_table_memory_bytes'),
      cpuSeconds: of('quarry_process_cpu_seconds_total'),
      machineCpuSeconds: machineCpuSeconds().busy,
      walBytes: of('quarry_wal_disk_bytes'),
      flushes: of('quarry_table_flushes'),
      errors: of('quarry_errors_total'),
    };
  }

  close(): Promise<void> {
    return this.#admin.disconnect();
  }
}
