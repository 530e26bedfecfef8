import type { Partitions } from '../partitions.ts';
import { NO_PARTITIONS } from '../partitions.ts';
import type { Tasks } from './types.ts';

export interface AssignableMember {
  readonly memberId: string;
  readonly processId: string;
  /** What it was to have until now. */
  readonly before: Tasks;
}

export interface AssignableSubtopology {
  readonly id: string;
  readonly tasks: number;
  /** Has state, so that standby tasks make sense. */
  readonly isStateful: boolean;
}

interface Task {
  readonly subtopology: string;
  readonly partition: number;
}

interface Load {
  readonly memberId: string;
  readonly processId: string;
  readonly active: Map<string, Task>;
  readonly standby: Map<string, Task>;
}

const keyOf = ({ subtopology, partition }: Task): string => `${subtopology}/${partition}`;

/**
 * The sticky assignor: tasks are spread evenly over the members, and stay where they were, or at least where their state is (at a former
 * standby), as far as that allows. Standby tasks go to processes that do not have the task otherwise.
 */
export function assignTasks(
  members: readonly AssignableMember[],
  subtopologies: readonly AssignableSubtopology[],
  standbyReplicas: number,
): Map<string, Tasks> {
  const loads = members.map(
    ({ memberId, processId }): Load => ({ memberId, processId, active: new Map(), standby: new Map() }),
  );
  const byId = new Map(loads.map((load) => [load.memberId, load]));
  assignActive(members, byId, loads, subtopologies);
  const stateful = subtopologies.filter(({ isStateful }) => isStateful);
  for (let replica = 0; replica < standbyReplicas; replica++)
    for (const task of tasksOf(stateful)) assignStandby(task, members, byId, loads);
  return new Map(
    loads.map(({ memberId, active, standby }) => [
      memberId,
      { active: grouped(active), standby: grouped(standby), warmup: NO_PARTITIONS },
    ]),
  );
}

function* tasksOf(subtopologies: readonly AssignableSubtopology[]): IterableIterator<Task> {
  for (const { id, tasks } of subtopologies)
    for (let partition = 0; partition < tasks; partition++) yield { subtopology: id, partition };
}

function assignActive(
  members: readonly AssignableMember[],
  byId: ReadonlyMap<string, Load>,
  loads: readonly Load[],
  subtopologies: readonly AssignableSubtopology[],
): void {
  const total = subtopologies.reduce((sum, { tasks }) => sum + tasks, 0);
  const quotas = new Quotas(total, loads.length);
  const open = (from: Iterable<Task>, role: 'active' | 'standby'): Task[] => {
    const holders = holdersOf(members, role);
    return [...from].filter((task) => {
      const load = (holders.get(keyOf(task)) ?? []).map((id) => byId.get(id)).find((one) => one && quotas.hasRoom(one));
      if (load !== undefined) quotas.give(load, task);
      return load === undefined;
    });
  };
  const rest = open(open(tasksOf(subtopologies), 'active'), 'standby');
  for (const task of rest) {
    const load = leastLoaded(loads.filter((one) => quotas.hasRoom(one)));
    if (load !== undefined) quotas.give(load, task);
  }
}

/** Every member may have the same number of active tasks; as many as the division leaves may have one more. */
class Quotas {
  readonly #least: number;
  #extra: number;

  constructor(total: number, members: number) {
    this.#least = Math.floor(total / members);
    this.#extra = total % members;
  }

  hasRoom({ active }: Load): boolean {
    return active.size < this.#least || (active.size === this.#least && this.#extra > 0);
  }

  give(load: Load, task: Task): void {
    if (load.active.size === this.#least) this.#extra--;
    load.active.set(keyOf(task), task);
  }
}

/** Members by the task that they had in the role. */
function holdersOf(members: readonly AssignableMember[], role: 'active' | 'standby'): Map<string, string[]> {
  const holders = new Map<string, string[]>();
  for (const { memberId, before } of members) {
    for (const [subtopology, partitions] of before[role]) {
      for (const partition of partitions) {
        const key = keyOf({ subtopology, partition });
        holders.set(key, [...(holders.get(key) ?? []), memberId]);
      }
    }
  }
  return holders;
}

/** The member with fewest tasks; the first among equals. */
function leastLoaded(loads: readonly Load[]): Load | undefined {
  let best: Load | undefined;
  for (const load of loads) if (best === undefined || sizeOf(load) < sizeOf(best)) best = load;
  return best;
}

const sizeOf = ({ active, standby }: Load): number => active.size + standby.size;

function assignStandby(
  task: Task,
  members: readonly AssignableMember[],
  byId: ReadonlyMap<string, Load>,
  loads: readonly Load[],
): void {
  const key = keyOf(task);
  const taken = new Set(loads.filter((one) => one.active.has(key) || one.standby.has(key)).map((one) => one.processId));
  const free = loads.filter(({ processId }) => !taken.has(processId));
  const least = leastLoaded(free);
  if (least === undefined) return;
  const former = members
    .filter(({ before }) => before.standby.get(task.subtopology)?.includes(task.partition) === true)
    .map(({ memberId }) => byId.get(memberId))
    .find((load) => load !== undefined && free.includes(load) && sizeOf(load) <= sizeOf(least));
  (former ?? least).standby.set(key, task);
}

function grouped(tasks: ReadonlyMap<string, Task>): Partitions {
  const lists = new Map<string, number[]>();
  for (const { subtopology, partition } of tasks.values()) {
    const list = lists.get(subtopology);
    if (list === undefined) lists.set(subtopology, [partition]);
    else list.push(partition);
  }
  return new Map([...lists].sort(([a], [b]) => (a < b ? -1 : 1)).map(([id, list]) => [id, list.sort((a, b) => a - b)]));
}
