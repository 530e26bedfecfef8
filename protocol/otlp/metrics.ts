import { FieldAllowance, ProtobufError, ProtobufReader, type WireField } from './protobuf.ts';

/** One value of one metric. */
export interface MetricPoint {
  readonly name: string;
  readonly unit: string;
  /** A gauge is what it is now; a sum counts, since the start or (delta) since the point before. */
  readonly kind: 'gauge' | 'sum' | 'delta';
  readonly value: number;
  readonly attributes: readonly (readonly [key: string, value: string])[];
}

export interface MetricLimits {
  /** Points of one message; more are an error. */
  readonly maxPoints: number;
  /** Attributes of one point; more are an error. */
  readonly maxAttributes: number;
  /** Fields of one message, with all that is in it; more are an error. */
  readonly maxFields: number;
}

/** What holds while one message is decoded. */
interface Decoding extends MetricLimits {
  readonly allowance: FieldAllowance;
}

const DELTA = 1n;

const decoder = new TextDecoder('utf-8', { fatal: false });

/** Calls `visit` with each field of a message. */
function each(
  bytes: Uint8Array,
  allowance: FieldAllowance,
  visit: (field: WireField, reader: ProtobufReader) => void,
): void {
  const reader = new ProtobufReader(bytes, allowance);
  for (let field = reader.next(); field !== undefined; field = reader.next()) visit(field, reader);
}

/** The messages in a repeated field. */
function messages(bytes: Uint8Array, number: number, allowance: FieldAllowance): Uint8Array[] {
  const found: Uint8Array[] = [];
  each(bytes, allowance, (field) => {
    if (field.number === number && field.type === 'bytes') found.push(field.bytes);
  });
  return found;
}

const textOf = (field: WireField): string => (field.type === 'bytes' ? decoder.decode(field.bytes) : '');

/** AnyValue: strings, booleans, integers and doubles have a text; lists and maps have none. */
function anyValue(bytes: Uint8Array, allowance: FieldAllowance): string {
  let text = '';
  each(bytes, allowance, (field, reader) => {
    if (field.number === 1) text = textOf(field);
    else if (field.number === 2 && field.type === 'varint') text = field.value === 0n ? 'false' : 'true';
    else if (field.number === 3 && field.type === 'varint') text = String(BigInt.asIntN(64, field.value));
    else if (field.number === 4 && field.type === 'fixed64') text = String(reader.double(field.at));
  });
  return text;
}

function attribute(bytes: Uint8Array, allowance: FieldAllowance): readonly [string, string] {
  let key = '';
  let value = '';
  each(bytes, allowance, (field) => {
    if (field.number === 1) key = textOf(field);
    else if (field.number === 2 && field.type === 'bytes') value = anyValue(field.bytes, allowance);
  });
  return [key, value];
}

/** NumberDataPoint; undefined where it has no value. */
function numberPoint(
  bytes: Uint8Array,
  { maxAttributes, allowance }: Decoding,
): Pick<MetricPoint, 'value' | 'attributes'> | undefined {
  const attributes: (readonly [string, string])[] = [];
  let value: number | undefined;
  each(bytes, allowance, (field, reader) => {
    if (field.number === 4 && field.type === 'fixed64') value = reader.double(field.at);
    else if (field.number === 6 && field.type === 'fixed64') value = reader.integer(field.at);
    else if (field.number === 7 && field.type === 'bytes') attributes.push(attribute(field.bytes, allowance));
    if (attributes.length > maxAttributes) throw new ProtobufError('too many attributes');
  });
  return value === undefined ? undefined : { value, attributes };
}

interface Shape {
  readonly kind: MetricPoint['kind'];
  readonly points: readonly Uint8Array[];
}

function sum(bytes: Uint8Array, allowance: FieldAllowance): Shape {
  let kind: Shape['kind'] = 'sum';
  each(bytes, allowance, (field) => {
    if (field.number === 2 && field.type === 'varint' && field.value === DELTA) kind = 'delta';
  });
  return { kind, points: messages(bytes, 1, allowance) };
}

/** Metric: gauges and sums. Histograms and summaries, which no Kafka client sends, are passed over. */
function metric(bytes: Uint8Array, decoding: Decoding, into: MetricPoint[]): void {
  const { maxPoints, allowance } = decoding;
  let name = '';
  let unit = '';
  const shapes: Shape[] = [];
  each(bytes, allowance, (field) => {
    if (field.number === 1) name = textOf(field);
    else if (field.number === 3) unit = textOf(field);
    else if (field.number === 5 && field.type === 'bytes')
      shapes.push({ kind: 'gauge', points: messages(field.bytes, 1, allowance) });
    else if (field.number === 7 && field.type === 'bytes') shapes.push(sum(field.bytes, allowance));
  });
  for (const { kind, points } of shapes) {
    if (into.length + points.length > maxPoints) throw new ProtobufError('too many points');
    for (const point of points) {
      const number = numberPoint(point, decoding);
      if (number !== undefined) into.push({ name, unit, kind, ...number });
    }
  }
}

/**
 * Decodes OTLP's MetricsData, as Kafka clients push it (KIP-714): resource metrics (1), scope metrics (2), metrics (2). Takes no more memory than the bytes
 * and the limits allow. Throws ProtobufError.
 */
export function decodeMetrics(bytes: Uint8Array, limits: MetricLimits): MetricPoint[] {
  const points: MetricPoint[] = [];
  const allowance = new FieldAllowance(limits.maxFields);
  const decoding = { ...limits, allowance };
  for (const resource of messages(bytes, 1, allowance))
    for (const scope of messages(resource, 2, allowance))
      for (const one of messages(scope, 2, allowance)) metric(one, decoding, points);
  return points;
}
