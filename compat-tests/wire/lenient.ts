import type { Api, Fields, Type } from '../../protocol/schema/index.ts';

const NULLABLE = new Set(['string', 'bytes', 'records', 'array']);

function lenientType(type: Type): Type {
  if (type.kind === 'array') return { ...type, element: lenientType((type as { element: Type }).element) } as Type;
  if (type.kind === 'struct') return { ...type, fields: lenientFields((type as { fields: Fields }).fields) } as Type;
  return type;
}

function lenientFields(fields: Fields): Fields {
  const entries = Object.entries(fields).map(([name, field]) => {
    const options = NULLABLE.has(field.type.kind) ? { ...field.options, nullableSince: 0 } : field.options;
    return [name, { type: lenientType(field.type), options }];
  });
  return Object.fromEntries(entries) as Fields;
}

/** The API with requests in which every string, array and byte field may be null. */
export function lenient(api: Api): Api {
  return { ...api, request: { ...api.request, fields: lenientFields(api.request.fields) } };
}
