import type { Api } from '../../protocol/schema/index.ts';

/** An ACL of the user who asks: `allow read topic t`, `deny describe topic t*` (a prefix), `allow all topic *`. */
export type Grant = string;

/** What a request may refer to: topics `t` and `u` with a record each, a group `g` that has committed on both; ids by topic. */
export interface Fixture {
  id(topic: string): string;
}

/** A request of a user with certain rights. What Apache Kafka answers is recorded. */
export interface RightsCase {
  readonly name: string;
  readonly grants: readonly Grant[];
  readonly api: Api;
  readonly version: number;
  readonly request: (fixture: Fixture) => object;
  /** Topics of one partition that are made before. */
  readonly topics?: readonly string[];
}

/** A case for each set of rights with the same request; `kind` tells requests of one version apart. */
export function casesOf(
  api: unknown,
  version: number,
  request: RightsCase['request'],
  grants: Readonly<Record<string, readonly Grant[]>>,
  kind = '',
): RightsCase[] {
  return Object.entries(grants).map(([what, rights]) => ({
    name: `${(api as Api).name} v${version}${kind}, ${what}`,
    grants: rights,
    api: api as Api,
    version,
    request,
  }));
}
