import { classicMachine } from './classic/machine.ts';
import { consumerMachine } from './consumer/machine.ts';
import { streamsMachine } from './streams/machine.ts';
import { shareMachine } from './share/group-machine.ts';
import type { GroupMachine } from './machine.ts';
import type { AnyGroup, GroupKind } from './types.ts';

/** The machine of each kind of group. */
const MACHINES: Readonly<Record<GroupKind, GroupMachine>> = {
  classic: classicMachine,
  consumer: consumerMachine,
  streams: streamsMachine,
  share: shareMachine,
};

/** The machine of a group. */
export const machineOf = (group: AnyGroup): GroupMachine => machineOfKind(group.kind, group.groupId);

/** The machine of a kind as it is stored. Throws on one that this program does not know, and names the group. */
export function machineOfKind(kind: string, groupId: string): GroupMachine {
  const machine: GroupMachine | undefined = MACHINES[kind as GroupKind];
  if (machine === undefined) throw new Error(`group ${groupId} is stored as a ${kind} group, which is not known here`);
  return machine;
}
