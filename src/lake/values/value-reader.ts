import type { Clock } from '../../base/clock.ts';
import type { FrozenMemtable } from '../parquet/memtable.ts';
import { type ReadValue, readJson } from '../parquet/promote.ts';
import { avroReader } from './avro.ts';
import { protobufReader } from './protobuf.ts';
import type { RegisteredSchema, SchemaSource } from './schema-registry.ts';

/** How the values of some rows are read. */
export interface ValueReader {
  /** Resolves when all that reading these rows needs is there; rejects when it cannot be had now. */
  prepare(rows: FrozenMemtable): Promise<void>;
  readonly read: ReadValue;
}

/** Reads JSON objects, and nothing else. */
export const JSON_VALUES: ValueReader = { prepare: () => Promise.resolve(), read: readJson };

/** What comes before a framed value: a zero and the id of its schema. */
const FRAME_BYTES = 5;
/** Schemas kept; the one that was not used for the longest time goes. */
const MAX_SCHEMAS = 1000;
/** New ids that the rows of one memtable are asked for: any client can write any number of them. */
const MAX_NEW_IDS = 100;
/** A registry may learn of a schema a little later than the records come. */
const UNKNOWN_FOR_MS = 60_000;

type Decode = (bytes: Buffer) => unknown;

interface KnownSchema {
  /** Undefined: there is no such schema, or it cannot be used. */
  readonly decode: Decode | undefined;
  /** Monotonic time at which it is asked for again. */
  readonly until: number;
}

/** Reads values that Confluent's serializers framed, by schemas of a registry, and JSON objects without a frame. */
export class FramedValues implements ValueReader {
  readonly #source: SchemaSource;
  readonly #clock: Clock;
  readonly #onUnusable: (error: unknown, schema: number) => void;
  readonly #schemas = new Map<number, KnownSchema>();

  /** `onUnusable` is told of schemas that cannot be read by: columns of their values are null. */
  constructor(source: SchemaSource, clock: Clock, onUnusable: (error: unknown, schema: number) => void = () => {}) {
    this.#source = source;
    this.#clock = clock;
    this.#onUnusable = onUnusable;
  }

  async prepare(rows: FrozenMemtable): Promise<void> {
    const wanted = new Set<number>();
    for (let row = 0; row < rows.rows; row++) {
      const length = rows.valueLength(row);
      const id = length < FRAME_BYTES ? undefined : frameOf(rows.chunk(row), rows.valuePosition(row));
      if (id !== undefined) wanted.add(id);
    }
    let asked = 0;
    const now = this.#clock.monotonic();
    for (const id of wanted) {
      const known = this.#schemas.get(id);
      this.#schemas.delete(id);
      if (known !== undefined && known.until > now) this.#schemas.set(id, known);
      else if (++asked <= MAX_NEW_IDS) this.#schemas.set(id, await this.#load(id));
    }
    for (const id of this.#schemas.keys()) {
      if (this.#schemas.size <= MAX_SCHEMAS) break;
      this.#schemas.delete(id);
    }
  }

  readonly read: ReadValue = (chunk, start, length) => {
    const id = length < FRAME_BYTES ? undefined : frameOf(chunk, start);
    if (id === undefined) return readJson(chunk, start, length);
    const decode = this.#schemas.get(id)?.decode;
    if (decode === undefined) return null;
    try {
      return decode(chunk.subarray(start + FRAME_BYTES, start + length));
    } catch {
      return null;
    }
  };

  async #load(id: number): Promise<KnownSchema> {
    const later = this.#clock.monotonic() + UNKNOWN_FOR_MS;
    const schema = await this.#source.schema(id);
    if (schema === undefined) return { decode: undefined, until: later };
    try {
      return { decode: await decoderOf(schema), until: Number.POSITIVE_INFINITY };
    } catch (error) {
      this.#onUnusable(error, id);
      return { decode: undefined, until: Number.POSITIVE_INFINITY };
    }
  }
}

/** The id of the schema of a framed value; undefined where there is no frame. */
function frameOf(chunk: Buffer, start: number): number | undefined {
  return chunk[start] === 0 ? chunk.readUInt32BE(start + 1) : undefined;
}

function decoderOf({ type, text, references }: RegisteredSchema): Promise<Decode> | Decode {
  if (type === 'PROTOBUF') return protobufReader(text, references);
  if (type === 'JSON') return (bytes) => readJson(bytes, 0, bytes.length) ?? null;
  return avroReader(
    text,
    references.map((reference) => reference.text),
  );
}
