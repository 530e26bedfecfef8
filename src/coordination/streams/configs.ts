import type { Environment } from '../types.ts';

/** A number of the group itself (resource GROUP), or the broker's. */
function effective(env: Environment, name: string, broker: number): number {
  const own = env.overrides.get(name);
  return own === undefined ? broker : Number(own);
}

export const sessionTimeoutMs = (env: Environment): number =>
  effective(env, 'streams.session.timeout.ms', env.settings.streams.sessionTimeoutMs);

export const heartbeatIntervalMs = (env: Environment): number =>
  effective(env, 'streams.heartbeat.interval.ms', env.settings.streams.heartbeatIntervalMs);

export const standbyReplicas = (env: Environment): number =>
  effective(env, 'streams.num.standby.replicas', env.settings.streams.standbyReplicas);

export const initialRebalanceDelayMs = (env: Environment): number =>
  effective(env, 'streams.initial.rebalance.delay.ms', env.settings.streams.initialRebalanceDelayMs);

export const assignmentIntervalMs = (env: Environment): number =>
  effective(env, 'streams.assignment.interval.ms', env.settings.streams.assignmentIntervalMs);
