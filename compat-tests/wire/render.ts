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

function render(struct: Struct, fields: Fields, version: number, shown: ReadonlySet<string>, path: string): string[] {
  const lines: string[] = [];
  for (const [name, field] of Object.entries(fields)) {
    if (!carries(field, version)) continue;
    const { type } = field;
    const value = struct[name];
    const at = path === '' ? name : `${path} ${name}`;
    if (isCode(name, type)) lines.push(`${at} ${nameOfCode(value)}`);
    else if (shown.has(name)) lines.push(`${at} = ${textOf(value)}`);
    const inner = fieldsOf(type);
    if (inner === undefined || !tells(inner, shown) || shown.has(name)) continue;
    if (type.kind === 'struct') lines.push(...render(value as Struct, inner, version, shown, at));
    else if (Array.isArray(value)) lines.push(...renderElements(value as Struct[], inner, version, shown, at));
  }
  return lines;
}

/** Elements by their keys, because brokers keep some of them in maps without order. */
function renderElements(
  elements: readonly Struct[],
  fields: Fields,
  version: number,
  shown: ReadonlySet<string>,
  path: string,
): string[] {
  if (elements.length === 0) return [`${path} none`];
  const told = elements.filter(({ name }) => !INTERNAL.has(name));
  const rendered = told.map((element) => render(element, fields, version, shown, `${path}[${keyOf(element, fields)}]`));
  return rendered.sort((a, b) => (a.join('\n') < b.join('\n') ? -1 : 1)).flat();
}

/** The error codes of an answer, one a line with its position, and the fields named in `shown`. */
export function renderAnswer(api: Api, version: number, answer: unknown, shown: readonly string[] = []): string[] {
  const lines = render(answer as Struct, api.response.fields, version, new Set(shown), '');
  return lines.length === 0 ? ['answered'] : lines;
}
