import type { Field, Fields, ScalarKind, Type } from './types.ts';

export type TypePlan =
  | { readonly kind: ScalarKind }
  | { readonly kind: 'array'; readonly element: TypePlan; readonly minBytes: number }
  | { readonly kind: 'struct'; readonly struct: StructPlan };

/** One field as one version sees it. */
export interface FieldPlan {
  readonly name: string;
  readonly type: TypePlan;
  readonly place: 'sequence' | 'tagged' | 'absent';
  /** -1 unless tagged. */
  readonly tag: number;
  readonly nullable: boolean;
  readonly ignorable: boolean;
  /** A scalar default; undefined for an empty array or a struct of defaults. */
  readonly default: string | number | bigint | boolean | null | undefined;
}

/** A struct as one version sees it: what interpreter and compiler both work from. */
export interface StructPlan {
  /** All fields in declared order. */
  readonly fields: readonly FieldPlan[];
  readonly sequence: readonly FieldPlan[];
  /** By rising tag. */
  readonly tagged: readonly FieldPlan[];
  readonly absent: readonly FieldPlan[];
  /** KIP-482: compact lengths, and a section of tagged fields at the end. */
  readonly flexible: boolean;
  /** The least number of bytes that a value takes. */
  readonly minBytes: number;
}

const FIXED_BYTES: Partial<Record<ScalarKind, number>> = {
  bool: 1,
  int8: 1,
  int16: 2,
  int32: 4,
  uint16: 2,
  uint32: 4,
  int64: 8,
  saturated64: 8,
  bigint64: 8,
  float64: 8,
  uuid: 16,
};

const ZERO: Record<ScalarKind, string | number | bigint | boolean | Uint8Array> = {
  bool: false,
  int8: 0,
  int16: 0,
  int32: 0,
  uint16: 0,
  uint32: 0,
  int64: 0,
  saturated64: 0,
  bigint64: 0n,
  float64: 0,
  uuid: 'AAAAAAAAAAAAAAAAAAAAAA',
  string: '',
  bytes: new Uint8Array(0),
  records: new Uint8Array(0),
};

const IDENTIFIER = /^[a-z][A-Za-z0-9]*$/;

function leastBytes(type: TypePlan, flexible: boolean): number {
  if (type.kind === 'struct') return type.struct.minBytes;
  if (type.kind === 'array') return flexible ? 1 : 4;
  const fixed = FIXED_BYTES[type.kind];
  if (fixed !== undefined) return fixed;
  if (flexible) return 1;
  return type.kind === 'string' ? 2 : 4;
}

function planType(type: Type, version: number, flexible: boolean): TypePlan {
  if (type.kind === 'struct') return { kind: 'struct', struct: planStruct(type.fields, version, flexible) };
  if (type.kind !== 'array') return type;
  const element = planType(type.element, version, flexible);
  return { kind: 'array', element, minBytes: Math.max(1, leastBytes(element, flexible)) };
}

function planField(name: string, field: Field, version: number, flexible: boolean): FieldPlan {
  const { since = 0, until = Infinity, nullableSince = Infinity, nullableUntil = Infinity, tag = -1 } = field.options;
  const { tagSince = since, ignorable = false } = field.options;
  // Names become identifiers of generated code: nothing but our own may ever get there.
  if (!IDENTIFIER.test(name)) throw new TypeError(`'${name}' is not a field name`);
  const isTagged = tag >= 0 && version >= tagSince;
  if (isTagged && !flexible) throw new TypeError(`'${name}' is tagged in version ${version}, which is not flexible`);
  const present = version >= since && version <= until;
  return {
    name,
    type: planType(field.type, version, flexible),
    place: !present ? 'absent' : isTagged ? 'tagged' : 'sequence',
    tag: present && isTagged ? tag : -1,
    nullable: version >= nullableSince && version <= nullableUntil,
    ignorable,
    default: field.options.default,
  };
}

/** Resolves declared fields for one version. */
export function planStruct(fields: Fields, version: number, flexible: boolean): StructPlan {
  const plans = Object.entries(fields).map(([name, field]) => planField(name, field, version, flexible));
  const sequence = plans.filter((field) => field.place === 'sequence');
  const least = sequence.map((field) =>
    field.nullable && field.type.kind === 'struct' ? 1 : leastBytes(field.type, flexible),
  );
  return {
    fields: plans,
    sequence,
    tagged: plans.filter((field) => field.place === 'tagged').sort((a, b) => a.tag - b.tag),
    absent: plans.filter((field) => field.place === 'absent'),
    flexible,
    minBytes: least.reduce((sum, bytes) => sum + bytes, flexible ? 1 : 0),
  };
}

/** The value of a field that is not there: a fresh one where it could be changed. */
export function defaultOf(field: FieldPlan): unknown {
  if (field.default !== undefined) return field.default;
  if (field.type.kind === 'array') return [];
  if (field.type.kind === 'struct') return defaultStruct(field.type.struct);
  return ZERO[field.type.kind];
}

function defaultStruct(plan: StructPlan): Record<string, unknown> {
  return Object.fromEntries(plan.fields.map((field) => [field.name, defaultOf(field)]));
}

/** Whether `value` says no more than the field's absence would. */
export function isDefault(field: FieldPlan, value: unknown): boolean {
  if (value === undefined) return true;
  if (field.default !== undefined) return value === field.default;
  if (value === null) return false;
  const { type } = field;
  if (type.kind === 'array') return (value as readonly unknown[]).length === 0;
  if (type.kind === 'bytes' || type.kind === 'records') return (value as Uint8Array).length === 0;
  if (type.kind !== 'struct') return value === ZERO[type.kind];
  const members = value as Readonly<Record<string, unknown>>;
  return type.struct.fields.every((member) => isDefault(member, members[member.name]));
}
