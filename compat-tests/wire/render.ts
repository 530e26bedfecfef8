import { errorOf } from '../../protocol/errors.ts';
import type { Api, Fields, Type } from '../../protocol/schema/index.ts';

type Struct = Readonly<Record<string, unknown>>;

/** Fields that tell which element of an array an answer is about, as far as they are the same on every broker. */
const KEYS: ReadonlySet<string> = new Set(
  (
    'name topic topicName topicId index partition partitionIndex partitionId id groupId key resourceType resourceName ' +
    'feature groupInstanceId transactionalId user'
  ).split(' '),
);

/** Topics in which Apache Kafka keeps what is in SQL here. */
const INTERNAL: ReadonlySet<unknown> = new Set(['__consumer_offsets', '__transaction_state', '__share_group_state']);

/** Code fields: `errorCode` and its like, such as `topicConfigErrorCode`. */
const isCode = (name: string, type: Type): boolean => type.kind === 'int16' && /errorCode$/i.test(name);

const nameOfCode = (code: unknown): string => errorOf(Number(code))?.name ?? `error ${String(code)}`;

function fieldsOf(type: Type): Fields | undefined {
  if (type.kind === 'struct') return (type as { fields: Fields }).fields;
  return type.kind === 'array' ? fieldsOf((type as { element: Type }).element) : undefined;
}

/** Whether a struct tells error codes, itself or in what it holds, or something that shall be shown. */
function tells(fields: Fields, shown: ReadonlySet<string>): boolean {
  return Object.entries(fields).some(([name, { type }]) => {
    if (isCode(name, type) || shown.has(name)) return true;
    const inner = fieldsOf(type);
    return inner !== undefined && tells(inner, shown);
  });
}

const textOf = (value: unknown): string =>
  value instanceof Uint8Array ? `${value.length} bytes` : (JSON.stringify(value) ?? 'null');

function keyOf(struct: Struct, fields: Fields): string {
  const named = Object.keys(fields).filter((name) => KEYS.has(name) && fieldsOf(fields[name]!.type) === undefined);
  // Of a topic that a version names by its id the name is empty, and the other way round.
  const told = named.filter((name) => struct[name] !== '' || named.length === 1);
  return told.map((name) => textOf(struct[name])).join(' ');
}

function carries(field: Fields[string], version: number): boolean {
  const { since = 0, until = Infinity } = field.options;
  return version >= since && version <= until;
}

/** How an answer is written down. */
export interface Style {
  /** Fields to be shown beside error codes. */
  readonly shown: readonly string[];
  /** Gives what differs from broker to broker (ids) a name that does not. */
  readonly named: (line: string) => string;
}

class Renderer {
  readonly #version: number;
  readonly #shown: ReadonlySet<string>;
  readonly #named: (line: string) => string;

  constructor(version: number, { shown, named }: Style) {
    this.#version = version;
    this.#shown = new Set(shown);
    this.#named = named;
  }

  struct(struct: Struct, fields: Fields, path: string): string[] {
    const lines: string[] = [];
    for (const [name, field] of Object.entries(fields)) {
      if (!carries(field, this.#version)) continue;
      const { type } = field;
      const value = struct[name];
      const at = path === '' ? name : `${path} ${name}`;
      if (isCode(name, type)) lines.push(this.#named(`${at} ${nameOfCode(value)}`));
      else if (this.#shown.has(name)) lines.push(this.#named(`${at} = ${textOf(value)}`));
      const inner = fieldsOf(type);
      if (inner === undefined || !tells(inner, this.#shown) || this.#shown.has(name)) continue;
      if (value === null || value === undefined) continue;
      if (type.kind === 'struct') lines.push(...this.struct(value as Struct, inner, at));
      else if (Array.isArray(value)) lines.push(...this.#elements(value as Struct[], inner, at));
    }
    return lines;
  }

  /** Elements by their keys, because brokers keep some of them in maps without order. */
  #elements(elements: readonly Struct[], fields: Fields, path: string): string[] {
    if (elements.length === 0) return [this.#named(`${path} none`)];
    const told = elements.filter(({ name }) => !INTERNAL.has(name));
    const rendered = told.map((element) => this.struct(element, fields, `${path}[${keyOf(element, fields)}]`));
    return rendered.sort((a, b) => (a.join('\n') < b.join('\n') ? -1 : 1)).flat();
  }
}

/** The error codes of an answer, one a line with its position, and the fields that shall be shown. */
export function renderAnswer(api: Api, version: number, answer: unknown, style: Style): string[] {
  const lines = new Renderer(version, style).struct(answer as Struct, api.response.fields, '');
  return lines.length === 0 ? ['answered'] : lines;
}
