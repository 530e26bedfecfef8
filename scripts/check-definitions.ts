/**
 * Compares the messages of protocol/messages with the definitions inside a kafka-clients jar, version by version: fields and their
 * order, types, nullability, tags, defaults, what may be dropped, flexible versions.
 *
 *     node scripts/check-definitions.ts PATH/kafka-clients-4.3.1.jar
 *
 * Prints every difference and exits with 1 when there is one.
 */
import { readFileSync } from 'node:fs';
import { apis } from '../protocol/messages/index.ts';
import { type MessageSchema, planOf } from '../protocol/schema/codec.ts';
import { defaultOf, type FieldPlan, type StructPlan, type TypePlan } from '../protocol/schema/plan.ts';
import { zipEntries } from './check-definitions-zip.ts';

interface JsonField {
  name: string;
  type: string;
  versions: string;
  nullableVersions?: string;
  tag?: number;
  taggedVersions?: string;
  default?: string | number | boolean;
  ignorable?: boolean;
  fields?: JsonField[];
}

interface JsonMessage {
  apiKey: number;
  type: 'request' | 'response' | 'header' | 'data';
  name: string;
  validVersions: string;
  flexibleVersions: string;
  fields: JsonField[];
  commonStructs?: JsonField[];
}

type Range = readonly [number, number];

function rangeOf(text: string | undefined): Range {
  if (text === undefined || text === 'none') return [Infinity, -Infinity];
  const [low = '', high = low] = text.split('-');
  return text.endsWith('+') ? [Number.parseInt(text, 10), Infinity] : [Number(low), Number(high)];
}

const within = (version: number, [low, high]: Range): boolean => version >= low && version <= high;

/** The definitions are JSON with comments. */
function parseDefinition(text: string): JsonMessage {
  const bare = text
    .split('\n')
    .filter((line) => !line.trim().startsWith('//'))
    .map((line) => line.replace(/([,{}[\]])\s*\/\/.*$/, '$1'));
  return JSON.parse(bare.join('\n')) as JsonMessage;
}

function defaultText(field: JsonField): string {
  const { type } = field;
  if (field.default === 'null' || field.default === null) return 'null';
  if (type.startsWith('[]')) return '[]';
  if (type === 'string') return JSON.stringify(field.default ?? '');
  if (type === 'bool') return String(field.default ?? false);
  if (type === 'uuid') return '"AAAAAAAAAAAAAAAAAAAAAA"';
  if (/^(u?int|float)/.test(type)) return String(BigInt((field.default as string | undefined) ?? 0));
  return '';
}

/** Describes the Kafka side, one line a field. */
class Theirs {
  readonly lines: string[] = [];
  readonly message: JsonMessage;
  readonly version: number;
  readonly served: Range;

  constructor(message: JsonMessage, version: number, served: Range) {
    this.message = message;
    this.version = version;
    this.served = served;
  }

  #members(type: string, field: JsonField): JsonField[] {
    return field.fields ?? this.message.commonStructs?.find((struct) => struct.name === type)?.fields ?? [];
  }

  fields(fields: readonly JsonField[], indent: string, parent: Range): void {
    for (const field of fields) {
      const [low, high] = rangeOf(field.versions);
      const range: Range = [Math.max(low, parent[0]), Math.min(high, parent[1])];
      if (range[0] > this.served[1] || range[1] < this.served[0] || range[0] > range[1]) continue;
      this.#field(field, indent, range);
    }
  }

  #field(field: JsonField, indent: string, range: Range): void {
    const name = field.name[0]!.toLowerCase() + field.name.slice(1);
    const fallback = defaultText(field);
    if (!within(this.version, range)) {
      this.lines.push(`${indent}${name} absent ${field.ignorable === true ? 'ignorable ' : ''}${fallback}`.trimEnd());
      return;
    }
    const type = field.type.replace('[]', '');
    const isStruct = /^[A-Z]/.test(type);
    const tag = within(this.version, rangeOf(field.taggedVersions)) ? ` tag ${field.tag}` : '';
    const nullable = within(this.version, rangeOf(field.nullableVersions)) ? ' nullable' : '';
    const shown = `${field.type.startsWith('[]') ? '[]' : ''}${isStruct ? 'struct' : type}`;
    this.lines.push(`${indent}${name} ${shown}${tag}${nullable} ${fallback}`.trimEnd());
    if (isStruct) this.fields(this.#members(type, field), `${indent}  `, range);
  }
}

const SHOWN: Partial<Record<TypePlan['kind'], string>> = { saturated64: 'int64', bigint64: 'int64' };

function ourDefault(field: FieldPlan): string {
  if (field.type.kind === 'bytes' || field.type.kind === 'records') return '';
  const value = defaultOf(field);
  if (field.type.kind === 'struct' && value !== null) return '';
  return typeof value === 'bigint' ? String(value) : JSON.stringify(value);
}

function ours(plan: StructPlan, indent: string): string[] {
  return plan.fields.flatMap((field) => {
    const fallback = ourDefault(field);
    if (field.place === 'absent') {
      return [`${indent}${field.name} absent ${field.ignorable ? 'ignorable ' : ''}${fallback}`.trimEnd()];
    }
    const { type } = field;
    const inner = type.kind === 'array' ? type.element : type;
    const shown = `${type.kind === 'array' ? '[]' : ''}${SHOWN[inner.kind] ?? inner.kind}`;
    const tag = field.place === 'tagged' ? ` tag ${field.tag}` : '';
    const line = `${indent}${field.name} ${shown}${tag}${field.nullable ? ' nullable' : ''} ${fallback}`.trimEnd();
    return inner.kind === 'struct' ? [line, ...ours(inner.struct, `${indent}  `)] : [line];
  });
}

function differences(schema: MessageSchema, definition: JsonMessage): string[] {
  const found: string[] = [];
  const valid = rangeOf(definition.validVersions);
  const [low, high] = schema.versions;
  const flexible = rangeOf(definition.flexibleVersions)[0];
  if (flexible !== schema.flexible && (flexible <= high || schema.flexible <= high)) {
    found.push(`${schema.name}: flexible from ${schema.flexible}, Kafka from ${flexible}`);
  }
  if (high > valid[1]) found.push(`${schema.name}: Kafka ends at version ${valid[1]}`);
  for (let version = Math.max(low, valid[0]); version <= Math.min(high, valid[1]); version++) {
    const theirs = new Theirs(definition, version, [Math.max(low, valid[0]), high]);
    theirs.fields(definition.fields, '', [0, Infinity]);
    const mine = ours(planOf(schema, version), '');
    const at = Array.from({ length: Math.max(mine.length, theirs.lines.length) }, (_, i) => i).filter(
      (i) => mine[i] !== theirs.lines[i],
    );
    found.push(
      ...at
        .slice(0, 3)
        .map((i) => `${schema.name} v${version}: ours '${mine[i]?.trim()}', Kafka '${theirs.lines[i]?.trim()}'`),
    );
  }
  return found;
}

const jar = process.argv[2];
if (jar === undefined) {
  console.error('usage: node scripts/check-definitions.ts PATH/kafka-clients-X.Y.Z.jar');
  process.exit(2);
}
const definitions = zipEntries(readFileSync(jar), (name) => /^common\/message\/\w+\.json$/.test(name))
  .map((entry) => entry.bytes.toString('utf8'))
  .filter((text) => text.includes('"fields"') && /"type": "(request|response)"/.test(text))
  .map(parseDefinition);
const problems: string[] = [];
let compared = 0;
for (const api of apis) {
  for (const type of ['request', 'response'] as const) {
    const definition = definitions.find((candidate) => candidate.apiKey === api.key && candidate.type === type);
    if (definition === undefined) {
      problems.push(`${api.name}: the jar has no ${type} with key ${api.key}`);
      continue;
    }
    const name = definition.name.replace(/(Request|Response)$/, '');
    if (name !== api.name) problems.push(`${api.key}: ours ${api.name}, Kafka ${name}`);
    problems.push(...differences(api[type], definition));
    compared += api.versions[1] - api.versions[0] + 1;
  }
}
for (const problem of problems) console.log(problem);
console.log(`${compared} versions of ${apis.length} APIs compared, ${problems.length} differences`);
process.exit(problems.length === 0 && compared > 0 ? 0 : 1);
