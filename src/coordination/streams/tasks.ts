import {
  intersects,
  isOwned,
  NO_OWNED_PARTITIONS,
  NO_PARTITIONS,
  partitionsOf,
  sameOwned,
  samePartitions,
} from '../partitions.ts';
import type { OwnedTasks, StreamsHeartbeat, Tasks } from './types.ts';

export const ROLES = ['active', 'standby', 'warmup'] as const;

export const NO_TASKS: Tasks = { active: NO_PARTITIONS, standby: NO_PARTITIONS, warmup: NO_PARTITIONS };

export const NO_OWNED_TASKS: OwnedTasks = {
  active: NO_OWNED_PARTITIONS,
  standby: NO_OWNED_PARTITIONS,
  warmup: NO_OWNED_PARTITIONS,
};

export const isEmpty = (tasks: OwnedTasks): boolean => ROLES.every((role) => tasks[role].size === 0);

export const sameTasks = (a: Tasks, b: Tasks): boolean => ROLES.every((role) => samePartitions(a[role], b[role]));

export const sameOwnedTasks = (a: OwnedTasks, b: OwnedTasks): boolean =>
  ROLES.every((role) => sameOwned(a[role], b[role]));

/** The tasks without their epochs. */
export const tasksOf = (owned: OwnedTasks): Tasks => ({
  active: partitionsOf(owned.active),
  standby: partitionsOf(owned.standby),
  warmup: partitionsOf(owned.warmup),
});

type Reported = StreamsHeartbeat['owned'];

/** True when the member reports that it has one of these tasks; so does its silence. */
export const holds = (reported: Reported, tasks: OwnedTasks): boolean =>
  ROLES.some((role) => {
    const list = reported[role];
    return list === null || intersects(list, tasks[role]);
  });

/** True when all that the member reports is its own. */
export const isAllOwned = (reported: Reported, owned: OwnedTasks): boolean =>
  ROLES.every((role) => {
    const list = reported[role];
    return list !== null && isOwned(list, owned[role]);
  });
