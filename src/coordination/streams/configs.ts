import { groupNumber } from '../group-number.ts';
import type { Environment } from '../types.ts';

export const sessionTimeoutMs = (env: Environment): number =>
  groupNumber(env, 'streams.session.timeout.ms', env.settings.streams.sessionTimeoutMs);

export const heartbeatIntervalMs = (env: Environment): number =>
  groupNumber(env, 'streams.heartbeat.interval.ms', env.settings.streams.heartbeatIntervalMs);

export const standbyReplicas = (env: Environment): number =>
  groupNumber(env, 'streams.num.standby.replicas', env.settings.streams.standbyReplicas);

export const initialRebalanceDelayMs = (env: Environment): number =>
  groupNumber(env, 'streams.initial.rebalance.delay.ms', env.settings.streams.initialRebalanceDelayMs);

export const assignmentIntervalMs = (env: Environment): number =>
  groupNumber(env, 'streams.assignment.interval.ms', env.settings.streams.assignmentIntervalMs);
