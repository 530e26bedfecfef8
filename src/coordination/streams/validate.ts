import { Refused } from '../refused.ts';
import { isAllOwned, ROLES } from './tasks.ts';
import type { ConfiguredTopology, StreamsHeartbeat, StreamsMember } from './types.ts';

export const JOIN_EPOCH = 0;
export const LEAVE_EPOCH = -1;

const invalid = (message: string): Refused => new Refused('INVALID_REQUEST', message);

/** Throws Refused for a request that no group could accept. */
export function checkRequest(request: StreamsHeartbeat): void {
  const { epoch, owned, topology } = request;
  refuseEmpty(request.memberId, 'member id');
  refuseEmpty(request.groupId, 'group id');
  refuseEmpty(request.instanceId, 'instance id');
  refuseEmpty(request.rackId, 'rack id');
  if (request.instanceId !== null) throw invalid('Streams groups do not know static members.');
  if (epoch === JOIN_EPOCH) checkJoin(request);
  else if (epoch < LEAVE_EPOCH) throw invalid(`The member epoch is ${epoch}, and must not be below -1.`);
  const told = ROLES.filter((role) => owned[role] !== null);
  if (told.length !== 0 && told.length !== ROLES.length) throw invalid('Tasks of some roles are told, of others not.');
  if (epoch !== JOIN_EPOCH && topology !== null) throw invalid('Only a member that joins may bring a topology.');
}

function refuseEmpty(value: string | null, what: string): void {
  if (value !== null && value.trim() === '') throw invalid(`The ${what} is empty.`);
}

/** A member that joins says everything about itself, and has no tasks yet. */
function checkJoin({ rebalanceTimeoutMs, owned, topology }: StreamsHeartbeat): void {
  if (rebalanceTimeoutMs === -1) throw invalid('The rebalance time-out is missing in the first request.');
  for (const role of ROLES) {
    const tasks = owned[role];
    if (tasks === null || tasks.size > 0) throw invalid(`The ${role} tasks of a member that joins must be empty.`);
  }
  if (topology === null) throw invalid('The topology of a member that joins is missing.');
  const counted = topology.subtopologies
    .flatMap(({ changelogs }) => changelogs)
    .find(({ partitions }) => partitions !== 0);
  if (counted !== undefined)
    throw new Refused(
      'STREAMS_INVALID_TOPOLOGY',
      `Changelog topic ${counted.name} must leave its partitions to the broker.`,
    );
}

/** Throws Refused unless the epoch is the member's, or the one before with tasks that it still has: then an answer was lost. */
export function checkEpoch(member: StreamsMember, epoch: number, owned: StreamsHeartbeat['owned']): void {
  if (epoch === member.epoch) return;
  const lostAnswer = epoch < member.epoch && epoch === member.previousEpoch;
  if (lostAnswer && isAllOwned(owned, member.assigned)) return;
  const than = epoch > member.epoch ? 'larger' : 'smaller';
  const message = `The epoch ${epoch} is ${than} than ${member.epoch}, the member's. It must give up all tasks and join again.`;
  throw new Refused('FENCED_MEMBER_EPOCH', message);
}

/** Throws Refused for tasks that the topology does not have. */
export function checkTasks({ tasks }: ConfiguredTopology, owned: StreamsHeartbeat['owned']): void {
  for (const role of ROLES) for (const [id, partitions] of owned[role] ?? []) checkTask(tasks?.get(id), id, partitions);
}

function checkTask(count: number | undefined, id: string, partitions: readonly number[]): void {
  if (count === undefined) throw invalid(`There is no subtopology ${id}.`);
  const wrong = partitions.find((partition) => partition < 0 || partition >= count);
  if (wrong !== undefined) throw invalid(`Subtopology ${id} has ${count} tasks, and no task ${wrong}.`);
}
