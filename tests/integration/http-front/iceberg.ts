import { createWorld, type Served, serve, type World } from '../http-search/world.ts';
import type { Authorizer } from '../../../src/security/authorizer.ts';
import { systemClock } from '../../../src/base/clock.ts';

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: JSON of many shapes, looked at by expectations only.
  readonly body: any;
}

/** A client of the REST catalog. */
export interface Catalog {
  readonly world: World;
  readonly served: Served;
  ask(method: string, path: string, body?: unknown): Promise<Answer>;
}

/** Serves an empty catalog in memory. */
export async function serveCatalog(authorizer?: Authorizer): Promise<Catalog> {
  const world = createWorld(systemClock, authorizer);
  const served = await serve(world);
  const ask = async (method: string, path: string, body?: unknown): Promise<Answer> => {
    const response = await served.get(`/iceberg/v1${path}`, {
      method,
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
  };
  return { world, served, ask };
}

export const SCHEMA = {
  type: 'struct',
  'schema-id': 0,
  fields: [
    { id: 1, name: 'id', required: true, type: 'long' },
    { id: 2, name: 'at', required: false, type: 'timestamptz' },
  ],
};

/** The update that adds a snapshot, and the one that makes it current. */
export function snapshot(id: number, sequence: number, parent?: number, more: object = {}): object[] {
  return [
    {
      action: 'add-snapshot',
      snapshot: {
        'snapshot-id': id,
        ...(parent !== undefined && { 'parent-snapshot-id': parent }),
        'sequence-number': sequence,
        'timestamp-ms': 1_700_000_000_000 + sequence,
        'manifest-list': `memory://quarry/lake/ours/snap-${id}.avro`,
        summary: { operation: 'append' },
        'schema-id': 0,
        ...more,
      },
    },
    { action: 'set-snapshot-ref', 'ref-name': 'main', type: 'branch', 'snapshot-id': id },
  ];
}
