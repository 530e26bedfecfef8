import type { Partitions } from '../partitions.ts';
import { type Assignor, type AssignorInput, isHomogeneous } from './types.ts';
import { assignMixed } from './uniform-mixed.ts';
import { Working } from './working.ts';

/**
 * Every member gets the same number of partitions, one more or less, and keeps as many of those that it had as that allows.
 * Members that subscribe different topics are balanced as far as their subscriptions allow.
 */
export const uniformAssignor: Assignor = {
  name: 'uniform',
  assign: (input) => (isHomogeneous(input.members) ? assignSame(input) : assignMixed(input)),
};

function assignSame(input: AssignorInput) {
  const { partitionCounts } = input;
  // Who has most comes first: where some may have one more than others, it is those who have it already.
  const members = [...input.members].sort((a, b) => countOf(b.before) - countOf(a.before));
  const working = new Working(input);
  const total = [...partitionCounts.values()].reduce((sum, count) => sum + count, 0);
  const least = Math.floor(total / members.length);
  const extra = total % members.length;
  const quotas = members.map((_, index) => least + (index < extra ? 1 : 0));
  const revoked = members.flatMap((member, index) => working.keep(member, quotas[index] ?? 0));
  const free = [...working.unowned(), ...revoked].values();
  for (const [index, { memberId }] of members.entries()) {
    for (let room = (quotas[index] ?? 0) - working.size(memberId); room > 0; room--) {
      const next = free.next();
      if (next.done === true) break;
      working.give(memberId, next.value);
    }
  }
  return working.result();
}

function countOf(partitions: Partitions): number {
  let count = 0;
  for (const list of partitions.values()) count += list.length;
  return count;
}
