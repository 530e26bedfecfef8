import type { Clock } from '../../base/clock.ts';

/** A schema with those that it refers to, each after the ones that it refers to itself. */
export interface RegisteredSchema {
  readonly type: 'AVRO' | 'JSON' | 'PROTOBUF';
  readonly text: string;
  readonly references: readonly { readonly name: string; readonly text: string }[];
}

/** Where schemas are asked for. */
export interface SchemaSource {
  /** Undefined where there is no such schema. Rejects when that cannot be said now. */
  schema(id: number): Promise<RegisteredSchema | undefined>;
}

/** The registry cannot be asked, or does not answer as one; the message says why. */
export class RegistryUnavailable extends Error {
  override readonly name = 'RegistryUnavailable';
}

export interface RegistrySettings {
  /** Of a Confluent Schema Registry, or what answers like one. */
  readonly url: string;
  /** `user:password`, or empty. */
  readonly userInfo: string;
  readonly timeoutMs: number;
}

interface SchemaAnswer {
  readonly schema?: unknown;
  readonly schemaType?: unknown;
  readonly references?: unknown;
}

interface Reference {
  readonly name: string;
  readonly subject: string;
  readonly version: number;
}

const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
/** Schemas that one may refer to, directly or not. */
const MAX_REFERENCES = 100;

/** Asks a registry over HTTP (https://docs.confluent.io/platform/current/schema-registry/develop/api.html). */
export class SchemaRegistry implements SchemaSource {
  readonly #settings: RegistrySettings;
  readonly #clock: Clock;

  constructor(settings: RegistrySettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  async schema(id: number): Promise<RegisteredSchema | undefined> {
    const found = await this.#ask(`/schemas/ids/${id}`);
    if (found === undefined) return undefined;
    const type = found.schemaType ?? 'AVRO';
    if (typeof found.schema !== 'string' || (type !== 'AVRO' && type !== 'JSON' && type !== 'PROTOBUF'))
      throw new RegistryUnavailable(`the schema registry's answer for schema ${id} is none`);
    const references = new Map<string, string>();
    await this.#follow(found, references, new Set());
    return { type, text: found.schema, references: [...references].map(([name, text]) => ({ name, text })) };
  }

  async #follow(from: SchemaAnswer, into: Map<string, string>, seen: Set<string>): Promise<void> {
    for (const reference of referencesOf(from)) {
      const { name, subject, version } = reference;
      if (seen.has(name)) continue;
      seen.add(name);
      if (seen.size > MAX_REFERENCES) throw new RegistryUnavailable(`a schema refers to more than ${MAX_REFERENCES}`);
      const path = `/subjects/${encodeURIComponent(subject)}/versions/${version}`;
      const found = await this.#ask(path);
      if (typeof found?.schema !== 'string')
        throw new RegistryUnavailable(`the schema registry has no ${subject} version ${version}`);
      await this.#follow(found, into, seen);
      into.set(name, found.schema);
    }
  }

  async #ask(path: string): Promise<SchemaAnswer | undefined> {
    const { url, userInfo, timeoutMs } = this.#settings;
    const abort = new AbortController();
    const timer = this.#clock.after(timeoutMs, () => abort.abort(new Error(`no answer within ${timeoutMs} ms`)));
    try {
      const answer = await fetch(url.replace(/\/+$/, '') + path, {
        redirect: 'error', // A redirect would carry credentials elsewhere.
        signal: abort.signal,
        headers: {
          accept: 'application/vnd.schemaregistry.v1+json, application/json',
          ...(userInfo !== '' && { authorization: `Basic ${Buffer.from(userInfo).toString('base64')}` }),
        },
      });
      if (answer.status === 404) {
        await answer.body?.cancel();
        return undefined;
      }
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      return JSON.parse(await textOf(answer)) as SchemaAnswer;
    } catch (error) {
      // fetch hides the reason ("fetch failed") in the cause.
      const { cause = error } = error as { cause?: unknown };
      throw new RegistryUnavailable(`the schema registry cannot be asked: ${(cause as Error).message}`, { cause });
    } finally {
      timer.cancel();
    }
  }
}

async function textOf(answer: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new Error(`more than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function referencesOf({ references }: SchemaAnswer): Reference[] {
  if (!Array.isArray(references)) return [];
  return (references as Partial<Reference>[]).filter(
    (one): one is Reference =>
      typeof one.name === 'string' && typeof one.subject === 'string' && Number.isSafeInteger(one.version),
  );
}
