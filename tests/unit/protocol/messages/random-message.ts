import { defaultOf, type FieldPlan, type StructPlan, type TypePlan } from '../../../../protocol/schema/plan.ts';
import { below, type Random, uuidToString } from '../../../../src/base/random.ts';

const TEXTS = ['', 'a', 'orders', 'naïve café', '日本語', '🦊', 'x'.repeat(70), 'é'.repeat(100), 'a\u0000b'];
const LIMITS: Partial<Record<TypePlan['kind'], readonly [number, number]>> = {
  int8: [-128, 127],
  int16: [-32_768, 32_767],
  int32: [-0x8000_0000, 0x7fff_ffff],
  uint16: [0, 0xffff],
  uint32: [0, 0xffff_ffff],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  saturated64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
};

function integer(random: Random, [low, high]: readonly [number, number]): number {
  const kind = below(random, 4);
  if (kind === 0) return random.float() < 0.5 ? low : high;
  if (kind === 1) return Math.max(low, below(random, 3) - 1);
  return Math.min(high, Math.floor(low + random.float() * (high - low)));
}

/** Any value that a field of the type can carry. */
function randomValue(random: Random, type: TypePlan): unknown {
  switch (type.kind) {
    case 'bool':
      return random.float() < 0.5;
    case 'bigint64':
      return Buffer.from(random.bytes(8)).readBigInt64BE();
    case 'float64':
      return random.float() * 1e9 - 5e8;
    case 'uuid':
      return uuidToString(random.bytes(16));
    case 'string':
      return TEXTS[below(random, TEXTS.length)];
    case 'bytes':
    case 'records':
      return Buffer.from(random.bytes(below(random, 20) === 0 ? 5000 : below(random, 20)));
    case 'array':
      return Array.from({ length: below(random, 4) }, () => randomValue(random, type.element));
    case 'struct':
      return randomMessage(random, type.struct);
    default:
      return integer(random, LIMITS[type.kind]!);
  }
}

function randomField(random: Random, field: FieldPlan): unknown {
  if (field.place === 'absent') return defaultOf(field);
  if (field.place === 'tagged' && random.float() < 0.4) return defaultOf(field);
  if (field.nullable && random.float() < 0.25) return null;
  return randomValue(random, field.type);
}

/** A message that the plan's version can carry, every field filled, now and then with tagged fields that the schema does not know. */
export function randomMessage(random: Random, plan: StructPlan): Record<string, unknown> {
  const message: Record<string, unknown> = {};
  for (const field of plan.fields) message[field.name] = randomField(random, field);
  if (plan.flexible && random.float() < 0.1) {
    const known = new Set(plan.tagged.map((field) => field.tag));
    const tags = [0, 1, 5, 10_000].filter((tag) => !known.has(tag) && random.float() < 0.5);
    if (tags.length > 0)
      message['unknownTaggedFields'] = tags.map((tag) => ({ tag, bytes: Buffer.from(random.bytes(below(random, 9))) }));
  }
  return message;
}
