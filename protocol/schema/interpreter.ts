import { EncodeError } from './errors.ts';
import { defaultOf, type FieldPlan, isDefault, type StructPlan, type TypePlan } from './plan.ts';
import type { Reader } from './reader.ts';
import type { UnknownTaggedField } from './types.ts';
import { Writer } from './writer.ts';

type Message = Record<string, unknown>;

// The plain meaning of a plan. The compiler (compile-decode.ts, compile-encode.ts) generates what these functions do, and a
// differential test holds the two together; read this one to understand the wire.

function decodeValue(reader: Reader, type: TypePlan, nullable: boolean, flexible: boolean): unknown {
  switch (type.kind) {
    case 'string':
      return nullable ? reader.nullableString(flexible) : reader.string(flexible);
    case 'bytes':
    case 'records':
      return nullable ? reader.nullableByteString(flexible) : reader.byteString(flexible);
    case 'array': {
      const length = reader.arrayLength(flexible, nullable, type.minBytes);
      if (length < 0) return null;
      return Array.from({ length }, () => decodeValue(reader, type.element, false, flexible));
    }
    case 'struct':
      return nullable && !reader.structPresent() ? null : interpretDecode(reader, type.struct);
    default:
      return reader[type.kind]();
  }
}

function decodeTagged(reader: Reader, plan: StructPlan, message: Message): void {
  let unknown: UnknownTaggedField[] | undefined;
  let previous = -1;
  for (let left = reader.uvarint(); left > 0; left--) {
    const tag = reader.uvarint();
    const end = reader.tagEnd(previous, tag);
    previous = tag;
    const field = plan.tagged.find((candidate) => candidate.tag === tag);
    if (field === undefined) {
      unknown = reader.unknownTag(unknown, tag, end);
      continue;
    }
    message[field.name] = decodeValue(reader, field.type, field.nullable, true);
    reader.endTag(end, tag);
  }
  if (unknown !== undefined) message['unknownTaggedFields'] = unknown;
}

/** Decodes one struct at the reader's position. Throws DecodeError. */
export function interpretDecode(reader: Reader, plan: StructPlan): Message {
  const message: Message = {};
  for (const field of plan.fields) {
    message[field.name] =
      field.place === 'sequence' ? decodeValue(reader, field.type, field.nullable, plan.flexible) : defaultOf(field);
  }
  if (plan.flexible) decodeTagged(reader, plan, message);
  return message;
}

function encodeValue(writer: Writer, type: TypePlan, nullable: boolean, flexible: boolean, value: unknown): void {
  switch (type.kind) {
    case 'string':
      if (nullable) writer.nullableString(value as string | null, flexible);
      else writer.string(value as string, flexible);
      return;
    case 'bytes':
      if (nullable) writer.nullableByteString(value as Uint8Array | null, flexible);
      else writer.byteString(value as Uint8Array, flexible);
      return;
    case 'records':
      if (nullable) writer.nullableRecords(value as Uint8Array | null, flexible);
      else writer.records(value as Uint8Array, flexible);
      return;
    case 'array':
      if (nullable && value === null) {
        writer.nullArray(flexible);
        return;
      }
      writer.arrayLength(value as unknown[], flexible);
      for (const element of value as unknown[]) encodeValue(writer, type.element, false, flexible, element);
      return;
    case 'struct':
      if (nullable) writer.structPresent(value !== null);
      if (!nullable || value !== null) interpretEncode(writer, type.struct, value as Message);
      return;
    default:
      (writer[type.kind] as (value: unknown) => void).call(writer, value);
  }
}

function given(message: Message, field: FieldPlan): unknown {
  const value = message[field.name];
  return value === undefined ? defaultOf(field) : value;
}

function encodeTagged(writer: Writer, plan: StructPlan, message: Message): void {
  const unknown = (message['unknownTaggedFields'] ?? []) as readonly UnknownTaggedField[];
  const fields = plan.tagged.filter((field) => !isDefault(field, message[field.name]));
  writer.uvarint(fields.length + unknown.length);
  let next = 0;
  for (const field of fields) {
    next = writer.unknownTagsBelow(unknown, next, field.tag);
    const value = new Writer();
    encodeValue(value, field.type, field.nullable, true, message[field.name]);
    writer.tagged(field.tag, value);
  }
  writer.unknownTagsBelow(unknown, next, Infinity);
}

/** Encodes one struct. Throws EncodeError for a value that the version cannot carry. */
export function interpretEncode(writer: Writer, plan: StructPlan, message: Message): void {
  if (message === null || typeof message !== 'object') throw new EncodeError(`${String(message)} is not a struct`);
  for (const field of plan.absent) {
    if (!field.ignorable && !isDefault(field, message[field.name])) {
      throw new EncodeError(`this version cannot carry '${field.name}'`);
    }
  }
  for (const field of plan.sequence)
    encodeValue(writer, field.type, field.nullable, plan.flexible, given(message, field));
  if (plan.flexible) encodeTagged(writer, plan, message);
}
