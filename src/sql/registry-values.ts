import type { Clock } from '../base/clock.ts';
import type { CounterHandle } from '../base/metrics.ts';
import type { ReadValue } from '../lake/parquet/promote.ts';
import {
  type RegisteredSchema,
  type RegistrySettings,
  SchemaRegistry,
  type SchemaSource,
} from '../lake/values/schema-registry.ts';
import { FramedValues, type ValueReader } from '../lake/values/value-reader.ts';

/** A registry that did not answer is asked again after this time: queries do not wait for it one after the other. */
const REST_MS = 10_000;

/** Reads values that are in no file yet by the schemas of a registry, as far as these can be had: a query goes on without the others. */
export class RegistryValues {
  readonly #values: FramedValues;
  readonly #failures: CounterHandle;

  constructor(source: SchemaSource, clock: Clock, failures: CounterHandle) {
    this.#values = new FramedValues(new RestingSource(source, clock), clock);
    this.#failures = failures;
  }

  /** Asks the registry that the settings name. */
  static of(settings: RegistrySettings, clock: Clock, failures: CounterHandle): RegistryValues {
    return new RegistryValues(new SchemaRegistry(settings, clock), clock, failures);
  }

  /** For one query. `onNotice` is told when columns are null because a schema cannot be had now. */
  forQuery(onNotice: (notice: string) => void): ValueReader {
    const read: ReadValue = this.#values.read;
    return {
      read,
      prepare: async (rows) => {
        try {
          await this.#values.prepare(rows);
        } catch (error) {
          this.#failures.inc();
          onNotice(`columns of rows that are in no file yet may be null: ${(error as Error).message}`);
        }
      },
    };
  }
}

/** Asks nobody for a while after there was no answer. */
class RestingSource implements SchemaSource {
  readonly #source: SchemaSource;
  readonly #clock: Clock;
  #failure: { readonly error: unknown; readonly until: number } | undefined;

  constructor(source: SchemaSource, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  async schema(id: number): Promise<RegisteredSchema | undefined> {
    if (this.#failure !== undefined && this.#clock.monotonic() < this.#failure.until) throw this.#failure.error;
    try {
      return await this.#source.schema(id);
    } catch (error) {
      this.#failure = { error, until: this.#clock.monotonic() + REST_MS };
      throw error;
    }
  }
}
