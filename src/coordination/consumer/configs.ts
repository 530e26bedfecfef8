import { groupNumber } from '../group-number.ts';
import type { Environment } from '../types.ts';

/** `consumer.session.timeout.ms` of the group. */
export const sessionTimeoutMs = (env: Environment): number =>
  groupNumber(env, 'consumer.session.timeout.ms', env.settings.consumer.sessionTimeoutMs);

/** `consumer.heartbeat.interval.ms` of the group. */
export const heartbeatIntervalMs = (env: Environment): number =>
  groupNumber(env, 'consumer.heartbeat.interval.ms', env.settings.consumer.heartbeatIntervalMs);

/** `consumer.assignment.interval.ms` of the group. */
export const assignmentIntervalMs = (env: Environment): number =>
  groupNumber(env, 'consumer.assignment.interval.ms', env.settings.consumer.assignmentIntervalMs);
