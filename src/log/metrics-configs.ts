import { compileRe2, InvalidPattern, type Re2 } from '../base/re2.ts';
import { CatalogError } from './catalog-errors.ts';
import type { NamedResource } from './named-configs.ts';
import { anyList, int, list } from './topic-configs-types.ts';

/** What a client is matched by (KIP-714). */
const MATCHED = [
  'client_instance_id',
  'client_id',
  'client_software_name',
  'client_software_version',
  'client_source_address',
  'client_source_port',
] as const;

export type Matched = (typeof MATCHED)[number];

/** One element of `match`: the property of a client, and what it must match as a whole. */
export interface ClientMatch {
  readonly property: Matched;
  readonly pattern: Re2;
}

const MIN_INTERVAL_MS = 100;
const MAX_INTERVAL_MS = 3_600_000;

/** The elements of `match`; undefined where one is none. */
export function clientMatches(elements: readonly string[]): ClientMatch[] | undefined {
  const matches = elements.map(clientMatch);
  return matches.every((match) => match !== undefined) ? matches : undefined;
}

function clientMatch(element: string): ClientMatch | undefined {
  const [name = '', pattern, more] = element.split('=').map((part) => part.trim());
  const property = MATCHED.find((known) => known === name);
  if (property === undefined || pattern === undefined || more !== undefined) return undefined;
  if (pattern === '') return undefined;
  try {
    return { property, pattern: compileRe2(pattern) };
  } catch (error) {
    if (error instanceof InvalidPattern) return undefined;
    throw error;
  }
}

const matchList = list((elements) =>
  clientMatches(elements) === undefined ? 'Illegal client matching pattern' : undefined,
);

/** CLIENT_METRICS resources: subscriptions, by their names. */
export const metricsResource: NamedResource = {
  type: 'client-metrics',
  configs: [
    { name: 'interval.ms', kind: int(), default: '300000', doc: 'Pause between two pushes of a client.' },
    {
      name: 'match',
      kind: matchList,
      default: '',
      doc: 'Clients that push, as PROPERTY=REGULAR_EXPRESSION; empty means all.',
    },
    { name: 'metrics', kind: anyList, default: '', doc: 'Prefixes of the names of metrics to push; * means all.' },
  ],
  unknown: 'INVALID_REQUEST',
  appendable: false,
  showsDefault: false,
  check(values) {
    const interval = Number(values.get('interval.ms') ?? MIN_INTERVAL_MS);
    if (interval >= MIN_INTERVAL_MS && interval <= MAX_INTERVAL_MS) return undefined;
    throw new CatalogError(
      'INVALID_REQUEST',
      `interval.ms (${interval}) must be between ${MIN_INTERVAL_MS} and ${MAX_INTERVAL_MS}.`,
    );
  },
};
