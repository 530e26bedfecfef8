import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { apiByKey, apis } from '../../../../protocol/messages/index.ts';
import { planOf } from '../../../../protocol/schema/codec.ts';
import {
  type Api,
  decodeRequest,
  decodeResponse,
  encodeRequest,
  encodeResponse,
} from '../../../../protocol/schema/index.ts';
import { defaultOf, type StructPlan, type TypePlan } from '../../../../protocol/schema/plan.ts';

// Each file: an API; each entry three lines: direction and version, the message as JSON (bytes in base64), its bytes in hex.
// `NN-name.txt` was serialized by Apache Kafka 4.3.1's own classes; `clients/NN-name.txt` was recorded between clients and that broker.
const golden = join(import.meta.dirname, '../../../golden/protocol');

interface Sample {
  readonly direction: 'request' | 'response';
  readonly version: number;
  readonly json: Record<string, unknown>;
  readonly bytes: Buffer;
}

function samplesOf(file: string): Sample[] {
  const lines = readFileSync(join(golden, file), 'utf8').trimEnd().split('\n');
  return Array.from({ length: lines.length / 3 }, (_, index) => {
    const [head = '', json = '', hex = ''] = lines.slice(index * 3, index * 3 + 3);
    const [direction, version] = head.split(' ');
    return {
      direction: direction as Sample['direction'],
      version: Number(version),
      json: JSON.parse(json) as Sample['json'],
      bytes: Buffer.from(hex, 'hex'),
    };
  });
}

function valueOf(type: TypePlan, json: unknown): unknown {
  if (json === null) return null;
  if (type.kind === 'bytes' || type.kind === 'records') return Buffer.from(json as string, 'base64');
  if (type.kind === 'bigint64') return BigInt(json as number);
  if (type.kind === 'array') return (json as unknown[]).map((element) => valueOf(type.element, element));
  return type.kind === 'struct' ? messageOf(type.struct, json as Record<string, unknown>) : json;
}

/** The decoded form of a sample: what it does not name has its default. */
function messageOf(plan: StructPlan, json: Record<string, unknown>): Record<string, unknown> {
  const values = plan.fields.map((field) => {
    const given = json[field.name];
    return [field.name, given === undefined ? defaultOf(field) : valueOf(field.type, given)];
  });
  return Object.fromEntries(values);
}

function check(api: Api, { direction, version, json, bytes }: Sample): void {
  const decoded = direction === 'request' ? decodeRequest(api, version, bytes) : decodeResponse(api, version, bytes);
  expect(decoded).toEqual(messageOf(planOf(api[direction], version), json));
  const encoded =
    direction === 'request' ? encodeRequest(api, version, decoded) : encodeResponse(api, version, decoded);
  expect(Buffer.concat(encoded).toString('hex')).toBe(bytes.toString('hex'));
}

function files(folder: string): string[] {
  return readdirSync(join(golden, folder))
    .filter((name) => name.endsWith('.txt'))
    .map((name) => join(folder, name));
}

const keyOf = (file: string): number => Number.parseInt(basename(file), 10);

describe('golden bytes', () => {
  test.each([...files('.'), ...files('clients')])('%s is read and written back byte for byte', (file) => {
    const samples = samplesOf(file);
    expect(samples.length).toBeGreaterThan(0);
    for (const sample of samples) check(apiByKey.get(keyOf(file))!, sample);
  });

  test('there is a sample of each version of each API, in both directions', () => {
    const held = files('.').flatMap((file) =>
      samplesOf(file).map(({ direction, version }) => `${keyOf(file)} ${direction} ${version}`),
    );
    const wanted = apis.flatMap(({ key, versions: [low, high] }) =>
      Array.from({ length: high - low + 1 }, (_, i) => low + i)
        // Apache Kafka 4 has no Produce below version 3 any more.
        .filter((version) => key !== 0 || version >= 3)
        .flatMap((version) => [`${key} request ${version}`, `${key} response ${version}`]),
    );
    expect(held.sort()).toEqual(wanted.sort());
  });
});
