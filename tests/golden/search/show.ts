import type { Query } from '../../../src/fulltext/query.ts';

/** A query as indented text, for golden files. */
export function showQuery(query: Query, indent = ''): string {
  if (query.kind === 'best') {
    return [`${indent}best${boost(query)}`, ...query.queries.map((one) => showQuery(one, `${indent}  `))].join('\n');
  }
  if (query.kind !== 'bool') return `${indent}${leaf(query)}${boost(query)}`;
  const minimum = query.minimumShouldMatch === undefined ? '' : ` min=${query.minimumShouldMatch}`;
  const lines = [`${indent}bool${minimum}${boost(query)}`];
  for (const [name, clauses] of Object.entries({
    must: query.must,
    filter: query.filter,
    should: query.should,
    'must not': query.mustNot,
  })) {
    for (const clause of clauses) lines.push(`${indent}  ${name}`, showQuery(clause, `${indent}    `));
  }
  return lines.join('\n');
}

function leaf(query: Exclude<Query, { kind: 'bool' | 'best' }>): string {
  switch (query.kind) {
    case 'all':
    case 'none':
      return query.kind;
    case 'match':
      return `match ${over(query.fields)} ${JSON.stringify(query.text)}${query.operator === 'and' ? ' and' : ''}${
        query.minimumShouldMatch === undefined ? '' : ` min=${query.minimumShouldMatch}`
      }`;
    case 'phrase':
      return `phrase ${over(query.fields)} ${JSON.stringify(query.text)}${query.slop === 0 ? '' : ` slop=${query.slop}`}${
        query.prefix === true ? ' prefix' : ''
      }`;
    case 'term':
      return `term ${query.field} ${query.values.map((value) => JSON.stringify(value)).join(' ')}`;
    case 'fuzzy':
      return `fuzzy ${over(query.fields)} ${JSON.stringify(query.value)} ~${query.distance}`;
    case 'range':
      return `range ${query.field}${(['gt', 'gte', 'lt', 'lte'] as const)
        .map((end) => (query[end] === undefined ? '' : ` ${end} ${JSON.stringify(query[end])}`))
        .join('')}`;
    case 'exists':
      return `exists ${query.field}`;
    default:
      return `${query.kind} ${over(query.fields)} ${JSON.stringify(query.value)}`;
  }
}

function over(fields: readonly string[]): string {
  return fields.length === 0 ? '*' : fields.join(',');
}

function boost(query: Query): string {
  return 'boost' in query && query.boost !== undefined ? ` ^${query.boost}` : '';
}
