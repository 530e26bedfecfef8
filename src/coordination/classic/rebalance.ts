import { canEnter, type Draft, failedSync, JOIN_TIMER, SYNC_TIMER } from './draft.ts';
import {
  currentJoinReply,
  EMPTY_BYTES,
  failedJoin,
  hasAllMembersJoined,
  rebalanceTimeout,
  selectProtocol,
  subscribedTopics,
} from './group.ts';

/** Starts a rebalance where the state allows one, otherwise ends the one under way if everyone is there. */
export function prepareRebalanceOrCompleteJoin(draft: Draft): void {
  if (canEnter(draft.group.state, 'PreparingRebalance')) prepareRebalance(draft);
  else maybeCompleteJoin(draft);
}

export function prepareRebalance(draft: Draft): void {
  if (draft.group.state === 'CompletingRebalance') cancelSyncs(draft);
  draft.clearPendingSync();
  const initial = draft.group.state === 'Empty';
  draft.transitionTo('PreparingRebalance');
  if (!initial) {
    completeJoinOrWait(draft);
    return;
  }
  // The group is new: more members may come within the delay, up to the rebalance time-out.
  const delayMs = draft.env.settings.initialRebalanceDelayMs;
  const remainingMs = Math.max(rebalanceTimeout(draft.group) - delayMs, 0);
  draft.setTimer(JOIN_TIMER, delayMs, { kind: 'initial-join', delayMs, remainingMs });
}

/** Members that wait for an assignment of a generation that will not get one join again. */
function cancelSyncs(draft: Draft): void {
  for (const { memberId } of draft.group.members.values()) {
    const member = draft.update(memberId, { assignment: EMPTY_BYTES });
    if (draft.completeSync(member, failedSync('REBALANCE_IN_PROGRESS'))) draft.renewSession(memberId);
  }
}

function completeJoinOrWait(draft: Draft): void {
  if (hasAllMembersJoined(draft.group)) completeJoin(draft);
  else draft.setTimer(JOIN_TIMER, rebalanceTimeout(draft.group), { kind: 'join' });
}

/** Ends the join phase if everyone is there. An initial rebalance ends by its timer only. */
export function maybeCompleteJoin(draft: Draft): void {
  const { group } = draft;
  if (group.state !== 'PreparingRebalance' || group.previousState === 'Empty') return;
  if (hasAllMembersJoined(group)) completeJoin(draft);
}

/** The delay of an initial rebalance is over. */
export function onInitialDelay(draft: Draft, delayMs: number, remainingMs: number): void {
  if (!draft.group.newMemberAdded || remainingMs === 0) {
    completeJoin(draft);
    return;
  }
  draft.change({ newMemberAdded: false });
  const nextDelayMs = Math.min(draft.env.settings.initialRebalanceDelayMs, remainingMs);
  draft.setTimer(JOIN_TIMER, nextDelayMs, {
    kind: 'initial-join',
    delayMs: nextDelayMs,
    remainingMs: Math.max(remainingMs - delayMs, 0),
  });
}

/** Ends the join phase with those who joined: dynamic members that did not are dropped, static ones are kept (KIP-345). */
export function completeJoin(draft: Draft): void {
  if (draft.group.state !== 'PreparingRebalance') return;
  draft.cancelTimer(JOIN_TIMER);
  for (const member of draft.group.members.values()) {
    if (member.awaitingJoin === undefined && member.instanceId === null) draft.remove(member.memberId);
  }
  if (draft.group.members.size > 0 && !electJoinedLeader(draft)) {
    // Only static members, and none has come back: wait on, until they do or their sessions end.
    draft.setTimer(JOIN_TIMER, rebalanceTimeout(draft.group), { kind: 'join' });
    return;
  }
  nextGeneration(draft);
}

/** Makes sure that the leader is one that joined. False when nobody did. */
function electJoinedLeader(draft: Draft): boolean {
  const { leader, members } = draft.group;
  if (leader !== null && members.get(leader)?.awaitingJoin !== undefined) return true;
  for (const member of members.values()) {
    if (member.awaitingJoin === undefined) continue;
    draft.change({ leader: member.memberId });
    return true;
  }
  return false;
}

function nextGeneration(draft: Draft): void {
  const generation = draft.group.generation + 1;
  draft.clearPendingSync();
  draft.change({ newMemberAdded: false });
  if (draft.group.members.size === 0) {
    draft.change({ generation, protocolName: null });
    draft.change({ subscribedTopics: subscribedTopics(draft.group) });
    draft.transitionTo('Empty');
    draft.save();
    return;
  }
  draft.change({ generation, protocolName: selectProtocol(draft.group) });
  draft.change({ subscribedTopics: subscribedTopics(draft.group) });
  draft.transitionTo('CompletingRebalance');
  for (const member of draft.group.members.values()) {
    draft.completeJoin(member, currentJoinReply(draft.group, member.memberId));
    draft.update(member.memberId, { isNew: false });
    draft.renewSession(member.memberId);
    draft.addPendingSync(member.memberId);
  }
  draft.setTimer(SYNC_TIMER, rebalanceTimeout(draft.group), { kind: 'sync', generation });
}

/** Members that did not ask for their assignment within the rebalance time-out are dropped. */
export function onSyncTimeout(draft: Draft, generation: number): void {
  const { group } = draft;
  const syncing = group.state === 'CompletingRebalance' || group.state === 'Stable';
  if (!syncing || group.generation !== generation || group.pendingSync.size === 0) return;
  for (const memberId of group.pendingSync) draft.remove(memberId);
  prepareRebalance(draft);
}

/** The session of a member, or the time given to one to come back with its id, is over. */
export function onSessionTimeout(draft: Draft, memberId: string): void {
  const { group } = draft;
  if (group.pendingJoin.has(memberId)) {
    draft.remove(memberId);
    if (hasAllMembersJoined(draft.group)) maybeCompleteJoinAfterLoss(draft);
    return;
  }
  const member = group.members.get(memberId);
  if (member === undefined) return;
  // A member whose request waits here is alive, but a new one has never heard of its membership and may be long gone.
  const alive = member.awaitingJoin !== undefined || member.awaitingSync !== undefined;
  if (alive && !member.isNew) return;
  dropMember(draft, memberId);
  if (draft.group.state === 'PreparingRebalance') maybeCompleteJoinAfterLoss(draft);
  else prepareRebalanceOrCompleteJoin(draft);
}

/** Unlike `maybeCompleteJoin`, also ends an initial rebalance: nobody is left to wait for. */
function maybeCompleteJoinAfterLoss(draft: Draft): void {
  if (draft.group.state === 'PreparingRebalance' && hasAllMembersJoined(draft.group)) completeJoin(draft);
}

/** Removes a member; a JoinGroup or SyncGroup of it that waits is told to start anew, or it would wait for ever. */
export function dropMember(draft: Draft, memberId: string): void {
  draft.completeSync(draft.member(memberId), failedSync('UNKNOWN_MEMBER_ID'));
  draft.completeJoin(draft.member(memberId), failedJoin('', 'UNKNOWN_MEMBER_ID'));
  draft.remove(memberId);
}
