import type { Environment } from '../types.ts';

/** A number of the group itself (resource GROUP), or the broker's. */
function effective(env: Environment, name: string, broker: number): number {
  const own = env.overrides.get(name);
  return own === undefined ? broker : Number(own);
}

/** `consumer.session.timeout.ms` of the group. */
export const sessionTimeoutMs = (env: Environment): number =>
  effective(env, 'consumer.session.timeout.ms', env.settings.consumer.sessionTimeoutMs);

/** `consumer.heartbeat.interval.ms` of the group. */
export const heartbeatIntervalMs = (env: Environment): number =>
  effective(env, 'consumer.heartbeat.interval.ms', env.settings.consumer.heartbeatIntervalMs);

/** `consumer.assignment.interval.ms` of the group. */
export const assignmentIntervalMs = (env: Environment): number =>
  effective(env, 'consumer.assignment.interval.ms', env.settings.consumer.assignmentIntervalMs);
