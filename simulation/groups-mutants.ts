import { fileURLToPath } from 'node:url';
import { simulateGroups } from './groups.ts';
import { huntBugs } from './group-bugs.ts';
import type { PlantedBug } from './planted-bugs.ts';

export const plantedBugs: readonly PlantedBug[] = [
  {
    name: 'commits are acknowledged before they are durable',
    file: 'lane.ts',
    find: 'const finished = this.#write(records).then(',
    replace: 'void this.#write(records).catch(() => undefined); const finished = Promise.resolve().then(',
  },
  {
    name: 'a failed write is taken for done',
    file: 'lanes.ts',
    find: 'return this.#deps.sql.transaction(records.flatMap(statementsFor));',
    replace: 'return this.#deps.sql.transaction(records.flatMap(statementsFor)).catch(() => undefined);',
  },
  {
    name: 'commits of an old generation are accepted',
    file: 'classic/machine.ts',
    find: "if (generation !== group.generation) return 'ILLEGAL_GENERATION';",
    replace: '',
  },
  {
    name: 'heartbeats of an old generation are acknowledged',
    file: 'classic/sync.ts',
    find: "return request.generation === group.generation ? 'NONE' : 'ILLEGAL_GENERATION';",
    replace: "return 'NONE';",
  },
  {
    name: 'the assignment is not stored',
    file: 'classic/sync.ts',
    find: "draft.transitionTo('Stable');\n  draft.rebalanced = true;\n  draft.save();",
    replace: "draft.transitionTo('Stable');\n  draft.rebalanced = true;",
  },
  {
    name: 'the generation is forgotten by a restart',
    file: 'classic/record.ts',
    find: 'generation: stored.generation,',
    replace: 'generation: Math.max(0, stored.generation - 1),',
  },
  {
    name: 'sessions are not armed after a restart',
    file: 'classic/timeouts.ts',
    find: 'for (const memberId of group.members.keys()) draft.renewSession(memberId);',
    replace: '',
  },
  {
    name: 'the rebalance time-out does not fire',
    file: 'classic/rebalance.ts',
    find: "else draft.setTimer(JOIN_TIMER, rebalanceTimeout(draft.group), { kind: 'join' });",
    replace: '',
  },
  {
    name: 'a static member that was replaced is not fenced',
    file: 'classic/draft.ts',
    find: 'this.#members.delete(oldMemberId);',
    replace: '',
  },
  {
    name: 'members that wait for an assignment are not sent back when a rebalance starts',
    file: 'classic/rebalance.ts',
    find: "if (draft.group.state === 'CompletingRebalance') cancelSyncs(draft);",
    replace: '',
  },
  {
    name: 'a timer whose write failed is not tried again',
    file: 'lanes.ts',
    find: 'const retry = (): void => timers.set(timer.key, RETRY_MS, timer.event);',
    replace: 'const retry = (): void => undefined;',
  },
];

if (process.argv[1] === fileURLToPath(import.meta.url))
  await huntBugs(plantedBugs, simulateGroups, Number(process.argv[2] ?? 300));
