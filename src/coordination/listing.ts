import { machineOf } from './machines.ts';
import type { AnyGroup, GroupKind } from './types.ts';

export interface ListedGroup {
  readonly groupId: string;
  readonly kind: GroupKind;
  readonly protocolType: string;
  readonly state: string;
}

/** Groups in one of the states and of one of the kinds (compared without case; all when empty). */
export function listGroups(
  groups: Iterable<AnyGroup>,
  states: readonly string[],
  kinds: readonly string[],
): ListedGroup[] {
  const wantedStates = new Set(states.map((state) => state.toLowerCase()));
  const wantedKinds = new Set(kinds.map((kind) => kind.toLowerCase()));
  const listed: ListedGroup[] = [];
  for (const group of groups) {
    const { groupId, kind } = group;
    const { state, protocolType } = machineOf(group).list(group);
    const wanted =
      (wantedKinds.size === 0 || wantedKinds.has(kind)) &&
      (wantedStates.size === 0 || wantedStates.has(state.toLowerCase()));
    if (wanted) listed.push({ groupId, kind, protocolType, state });
  }
  return listed;
}
