/** Pieces of JSON Schema that several routes describe themselves with. */
export const JSON_TYPE = 'application/json';

export const anyObject = { type: 'object', additionalProperties: true } as const;

export function object(properties: Readonly<Record<string, object>>): object {
  return { type: 'object', properties, additionalProperties: true };
}

export function array(items: object): object {
  return { type: 'array', items };
}

export const text = { type: 'string' } as const;
export const integer = { type: 'integer' } as const;
export const flag = { type: 'boolean' } as const;

export const errorSchema = object({
  error: object({ type: text, reason: text, root_cause: array(anyObject) }),
  status: integer,
});

export const shardsSchema = object({ total: integer, successful: integer, skipped: integer, failed: integer });

const hitSchema = object({
  _index: text,
  _id: { type: 'string', description: 'partition:offset' },
  _score: { type: ['number', 'null'] },
  _source: anyObject,
  fields: anyObject,
  sort: array({ type: ['number', 'string'] }),
});

export const searchAnswerSchema = object({
  took: { type: 'integer', description: 'Milliseconds.' },
  timed_out: flag,
  _shards: shardsSchema,
  hits: object({
    total: object({ value: integer, relation: { type: 'string', enum: ['eq', 'gte'] } }),
    max_score: { type: ['number', 'null'] },
    hits: array(hitSchema),
  }),
});

export const searchBodySchema = object({
  query: { type: 'object', description: 'A query of the query DSL.', additionalProperties: true },
  from: integer,
  size: integer,
  sort: {},
  _source: {},
  fields: {},
  track_total_hits: { type: ['boolean', 'integer'] },
  timeout: text,
});
