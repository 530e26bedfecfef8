import type { Environment } from './types.ts';

/** A number of the group itself (resource GROUP), or the broker's. */
export function groupNumber(env: Environment, name: string, broker: number): number {
  const own = env.overrides.get(name);
  return own === undefined ? broker : Number(own);
}
