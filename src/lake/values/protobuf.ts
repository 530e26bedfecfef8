import type { Field, Message, ReflectionObject, Root, Type } from 'protobufjs';
import { timeText } from './avro.ts';

type Protobufjs = typeof import('protobufjs');

/** A schema that is none, or bytes that are not what it says. */
export class InvalidProtobufValue extends Error {
  override readonly name = 'InvalidProtobufValue';
}

/** A `.proto` file and the name by which others import it. */
export interface ProtoFile {
  readonly name: string;
  readonly text: string;
}

const MAX_INDEXES = 32;

/**
 * What reads values of the file `text`: before the message stands which one of the file's it is. `references` are the files that it imports, each
 * after those that it imports itself. Throws InvalidProtobufValue.
 */
export async function protobufReader(
  text: string,
  references: readonly ProtoFile[] = [],
): Promise<(bytes: Buffer) => unknown> {
  const module = await import('protobufjs');
  const library = (module as Protobufjs & { default?: Protobufjs }).default ?? module;
  let root: Root;
  let own: Type[];
  try {
    root = new library.Root();
    const imports = new Set<string>();
    for (const file of [...references.map((reference) => reference.text), text])
      for (const name of library.parse(file, root, { keepCase: true }).imports ?? []) imports.add(name);
    for (const name of imports) addWellKnown(library, root, name);
    root.resolveAll();
    // By itself, because messages are counted in their file, and a package may have several.
    const alone = new library.Root();
    const { package: inPackage } = library.parse(text, alone, { keepCase: true });
    const scope = inPackage === undefined ? alone : alone.lookup(inPackage);
    own = messagesOf(library, scope);
  } catch (error) {
    throw new InvalidProtobufValue('the schema cannot be parsed', { cause: error });
  }
  const types = new Map<string, Type>();
  const typeAt = (indexes: readonly number[]): Type => {
    const key = indexes.join();
    const type = types.get(key) ?? root.lookupType(messageAt(library, own, indexes).fullName);
    types.set(key, type);
    return type;
  };
  return (bytes) => {
    const { indexes, start } = indexesOf(bytes);
    try {
      const type = typeAt(indexes);
      return plain(library, type, type.decode(bytes.subarray(start)));
    } catch (error) {
      if (error instanceof InvalidProtobufValue) throw error;
      throw new InvalidProtobufValue('the bytes are not this message', { cause: error });
    }
  };
}

function addWellKnown(library: Protobufjs, root: Root, file: string): void {
  const known = library.common.get(file);
  if (known?.nested !== undefined) root.addJSON(known.nested);
}

function messagesOf(library: Protobufjs, scope: ReflectionObject | null): Type[] {
  const nested = scope instanceof library.Namespace ? scope.nestedArray : [];
  return nested.filter((one) => one instanceof library.Type);
}

function messageAt(library: Protobufjs, own: readonly Type[], indexes: readonly number[]): Type {
  let found: Type | undefined;
  let among: readonly Type[] = own;
  for (const index of indexes) {
    found = among[index];
    if (found === undefined) throw new InvalidProtobufValue(`the schema has no message ${indexes.join('.')}`);
    among = messagesOf(library, found);
  }
  if (found === undefined) throw new InvalidProtobufValue('no message is named');
  return found;
}

/** The path to the message among those of its file: a count and that many indexes, as zigzag varints. A count of 0 means the first message. */
function indexesOf(bytes: Buffer): { indexes: number[]; start: number } {
  let at = 0;
  const next = (): number => {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) break;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
    }
    throw new InvalidProtobufValue('the bytes do not say which message they are');
  };
  const count = next();
  if (count < 0 || count > MAX_INDEXES) throw new InvalidProtobufValue('the bytes name a message too deep');
  const indexes = Array.from({ length: count }, next);
  return { indexes: count === 0 ? [0] : indexes, start: at };
}

/** A message as JSON would have it, under the names of the file; what proto3 does not send because it is the default is the default. */
function plain(library: Protobufjs, type: Type, message: Message): unknown {
  const values = message as unknown as Record<string, unknown>;
  if (type.fullName === '.google.protobuf.Timestamp') {
    const nanos = Number(values['nanos'] ?? 0);
    return timeText(
      BigInt(String((values['seconds'] as number | undefined) ?? 0)) * 1_000_000n + BigInt(Math.trunc(nanos / 1000)),
    );
  }
  if (/^\.google\.protobuf\.(Double|Float|U?Int(32|64)|Bool|String|Bytes)Value$/.test(type.fullName))
    return scalar(library, type.fields['value']!, values['value']);
  const result = Object.create(null) as Record<string, unknown>;
  for (const field of type.fieldsArray) {
    const found = Object.hasOwn(values, field.name) ? values[field.name] : undefined;
    if (field.map || field.repeated) {
      if (found !== undefined) result[field.name] = entries(library, field, found as object);
    } else if (found !== undefined || !(field.hasPresence || field.resolvedType instanceof library.Type)) {
      result[field.name] = one(library, field, found ?? field.typeDefault);
    }
  }
  return result;
}

function entries(library: Protobufjs, field: Field, found: object): unknown {
  if (Array.isArray(found)) return found.map((entry: unknown) => one(library, field, entry));
  const map = Object.create(null) as Record<string, unknown>;
  for (const [key, entry] of Object.entries(found)) map[key] = one(library, field, entry);
  return map;
}

function one(library: Protobufjs, field: Field, value: unknown): unknown {
  const { resolvedType } = field;
  if (resolvedType instanceof library.Type) return plain(library, resolvedType, value as Message);
  if (resolvedType instanceof library.Enum) return resolvedType.valuesById[value as number] ?? value;
  return scalar(library, field, value);
}

/** 64-bit integers as numbers where these are safe, else as bigints. */
function scalar(library: Protobufjs, field: Field, value: unknown): unknown {
  const given = value ?? field.typeDefault;
  const { Long } = library.util as unknown as { readonly Long?: { isLong(value: unknown): boolean } };
  if (Long?.isLong(given) !== true) return given;
  const exact = BigInt(String(given));
  const near = Number(exact);
  return Number.isSafeInteger(near) ? near : exact;
}
