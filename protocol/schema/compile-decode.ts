import type { FieldPlan, StructPlan, TypePlan } from './plan.ts';
import type { Reader } from './reader.ts';

export type Decode = (reader: Reader) => Record<string, unknown>;

const EMPTY = new Uint8Array(0);
const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA';

/** Functions of the generated module, by the name they got. Only field names checked by `planStruct` and constants become code. */
class DecodeSource {
  readonly functions: string[] = [];
  #next = 0;

  #add(body: (name: string) => string): string {
    const name = `f${this.#next++}`;
    this.functions.push(body(name));
    return name;
  }

  struct(plan: StructPlan): string {
    const lines = plan.fields.map((field) =>
      field.place === 'sequence'
        ? `const _${field.name} = ${this.value(field.type, field.nullable, plan.flexible)};`
        : `let _${field.name} = ${this.default(field)};`,
    );
    const result = `{ ${plan.fields.map((field) => `${field.name}: _${field.name}`).join(', ')} }`;
    const end = plan.flexible ? this.tagged(plan, result) : `return ${result};`;
    return this.#add((name) => `function ${name}(r) {\n${lines.join('\n')}\n${end}\n}`);
  }

  tagged(plan: StructPlan, result: string): string {
    const cases = plan.tagged.map(
      (field) =>
        `case ${field.tag}: _${field.name} = ${this.value(field.type, field.nullable, true)}; r.endTag(end, tag); break;`,
    );
    return `let left = r.uvarint();
if (left === 0) return ${result};
let unknown;
for (let previous = -1; left > 0; left--) {
const tag = r.uvarint();
const end = r.tagEnd(previous, tag);
previous = tag;
switch (tag) {
${cases.join('\n')}
default: unknown = r.unknownTag(unknown, tag, end);
}
}
const message = ${result};
if (unknown !== undefined) message.unknownTaggedFields = unknown;
return message;`;
  }

  value(type: TypePlan, nullable: boolean, flexible: boolean): string {
    switch (type.kind) {
      case 'string':
        return `r.${nullable ? 'nullableString' : 'string'}(${flexible})`;
      case 'bytes':
      case 'records':
        return `r.${nullable ? 'nullableByteString' : 'byteString'}(${flexible})`;
      case 'array':
        return `${this.array(type.element, type.minBytes, nullable, flexible)}(r)`;
      case 'struct': {
        const call = `${this.struct(type.struct)}(r)`;
        return nullable ? `(r.structPresent() ? ${call} : null)` : call;
      }
      default:
        return `r.${type.kind}()`;
    }
  }

  array(element: TypePlan, minBytes: number, nullable: boolean, flexible: boolean): string {
    const one = this.value(element, false, flexible);
    return this.#add(
      (name) => `function ${name}(r) {
const length = r.arrayLength(${flexible}, ${nullable}, ${minBytes});
${nullable ? 'if (length < 0) return null;' : ''}
const out = new Array(length);
for (let i = 0; i < length; i++) out[i] = ${one};
return out;
}`,
    );
  }

  default(field: FieldPlan): string {
    if (typeof field.default === 'bigint') return `${field.default}n`;
    if (field.default !== undefined) return JSON.stringify(field.default);
    switch (field.type.kind) {
      case 'array':
        return '[]';
      case 'struct':
        return `{ ${field.type.struct.fields.map((member) => `${member.name}: ${this.default(member)}`).join(', ')} }`;
      case 'bytes':
      case 'records':
        return 'EMPTY';
      case 'string':
        return "''";
      case 'uuid':
        return `'${ZERO_UUID}'`;
      case 'bool':
        return 'false';
      case 'bigint64':
        return '0n';
      default:
        return '0';
    }
  }
}

/** Generates a decoder that does what `interpretDecode` does for `plan`. */
export function compileDecode(plan: StructPlan): Decode {
  const source = new DecodeSource();
  const entry = source.struct(plan);
  // Generating code is the point here; what goes in are constants and names that `planStruct` checked.
  // oxlint-disable-next-line typescript/no-implied-eval
  return new Function('EMPTY', `'use strict';\n${source.functions.join('\n')}\nreturn ${entry};`)(EMPTY) as Decode;
}
