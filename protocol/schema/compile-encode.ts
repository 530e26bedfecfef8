import { EncodeError } from './errors.ts';
import { defaultOf, type FieldPlan, isDefault, type StructPlan, type TypePlan } from './plan.ts';
import { Writer } from './writer.ts';

export type Encode = (writer: Writer, message: object) => void;

/** What generated code calls for everything that is not a plain write. */
interface Runtime {
  readonly fields: readonly FieldPlan[];
  isDefault(field: number, value: unknown): boolean;
  defaultOf(field: number): unknown;
  refuse(field: number): never;
  notStruct(value: unknown): never;
  writer(): Writer;
}

class EncodeSource {
  readonly functions: string[] = [];
  /** Fields that the generated code names by index. */
  readonly fields: FieldPlan[] = [];

  #add(body: string): string {
    const name = `f${this.functions.length}`;
    this.functions.push(`function ${name}(w, m) {\n${body}\n}`);
    return name;
  }

  #index(field: FieldPlan): number {
    return this.fields.push(field) - 1;
  }

  struct(plan: StructPlan): string {
    const absent = plan.absent
      .filter((field) => !field.ignorable)
      .map((field) => {
        const index = this.#index(field);
        return `if (m.${field.name} !== undefined && !rt.isDefault(${index}, m.${field.name})) rt.refuse(${index});`;
      });
    const sequence = plan.sequence.map(
      (field) =>
        `v = m.${field.name}; if (v === undefined) v = rt.defaultOf(${this.#index(field)});\n` +
        this.value(field.type, field.nullable, plan.flexible, 'w', 'v'),
    );
    const check = "if (m === null || typeof m !== 'object') rt.notStruct(m);\nlet v;";
    return this.#add([check, ...absent, ...sequence, plan.flexible ? this.tagged(plan) : ''].join('\n'));
  }

  tagged(plan: StructPlan): string {
    const known = plan.tagged.map((field) => ({
      field,
      has: `has${field.tag}`,
      test: `m.${field.name} !== undefined && !rt.isDefault(${this.#index(field)}, m.${field.name})`,
    }));
    const tests = known.map(({ has, test }) => `const ${has} = ${test};`);
    const count = known.map(({ has }) => ` + (${has} ? 1 : 0)`).join('');
    const writes = known.map(
      ({ field, has }) => `if (${has}) {
next = w.unknownTagsBelow(unknown, next, ${field.tag});
const t = rt.writer();
v = m.${field.name};
${this.value(field.type, field.nullable, true, 't', 'v')}
w.tagged(${field.tag}, t);
}`,
    );
    return `${tests.join('\n')}
const unknown = m.unknownTaggedFields;
if (unknown === undefined) w.uvarint(0${count});
else w.uvarint(unknown.length${count});
${this.#taggedWrites(writes)}`;
  }

  #taggedWrites(writes: readonly string[]): string {
    if (writes.length === 0) return 'if (unknown !== undefined) w.unknownTagsBelow(unknown, 0, Infinity);';
    const known = writes.join('\n').replaceAll('(unknown, next', '(unknown ?? [], next');
    return `let next = 0;\n${known}\nif (unknown !== undefined) w.unknownTagsBelow(unknown, next, Infinity);`;
  }

  value(type: TypePlan, nullable: boolean, flexible: boolean, writer: string, value: string): string {
    switch (type.kind) {
      case 'string':
        return `${writer}.${nullable ? 'nullableString' : 'string'}(${value}, ${flexible});`;
      case 'bytes':
        return `${writer}.${nullable ? 'nullableByteString' : 'byteString'}(${value}, ${flexible});`;
      case 'records':
        return `${writer}.${nullable ? 'nullableRecords' : 'records'}(${value}, ${flexible});`;
      case 'array': {
        const call = `${this.array(type.element, flexible)}(${writer}, ${value});`;
        return nullable ? `if (${value} === null) ${writer}.nullArray(${flexible}); else ${call}` : call;
      }
      case 'struct': {
        const call = `${this.struct(type.struct)}(${writer}, ${value});`;
        if (!nullable) return call;
        return `${writer}.structPresent(${value} !== null); if (${value} !== null) ${call}`;
      }
      default:
        return `${writer}.${type.kind}(${value});`;
    }
  }

  array(element: TypePlan, flexible: boolean): string {
    const one = this.value(element, false, flexible, 'w', 'm[i]');
    return this.#add(`const length = w.arrayLength(m, ${flexible});\nfor (let i = 0; i < length; i++) { ${one} }`);
  }
}

function runtime(fields: readonly FieldPlan[]): Runtime {
  const at = (index: number): FieldPlan => fields[index]!;
  return {
    fields,
    isDefault: (index, value) => isDefault(at(index), value),
    defaultOf: (index) => defaultOf(at(index)),
    refuse: (index) => {
      throw new EncodeError(`this version cannot carry '${at(index).name}'`);
    },
    notStruct: (value) => {
      throw new EncodeError(`${String(value)} is not a struct`);
    },
    writer: () => new Writer(64),
  };
}

/** Generates an encoder that does what `interpretEncode` does for `plan`. */
export function compileEncode(plan: StructPlan): Encode {
  const source = new EncodeSource();
  const entry = source.struct(plan);
  const code = `'use strict';\n${source.functions.join('\n')}\nreturn ${entry};`;
  // Generating code is the point here; what goes in are constants and names that `planStruct` checked.
  // oxlint-disable-next-line typescript/no-implied-eval
  return new Function('rt', code)(runtime(source.fields)) as Encode;
}
