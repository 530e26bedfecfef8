/** The key of a timer of one member. */
export const timerOf = (kind: 'session' | 'rebalance' | 'join' | 'sync', memberId: string): string =>
  `${kind}:${memberId}`;

/** A step in the making on a group whose members have these timers. */
interface TimedDraft {
  set(
    key: string,
    delayMs: number,
    event:
      | { readonly kind: 'session'; readonly memberId: string }
      | { readonly kind: 'rebalance'; readonly memberId: string; readonly epoch: number },
  ): void;
  cancel(key: string): void;
}

interface TimedMember {
  readonly memberId: string;
  readonly state: string;
  readonly epoch: number;
  readonly rebalanceTimeoutMs: number;
}

/** The member is to be heard of again in that time. */
export function watchSession(draft: TimedDraft, memberId: string, sessionTimeoutMs: number): void {
  draft.set(timerOf('session', memberId), sessionTimeoutMs, { kind: 'session', memberId });
}

/** A member that has something to give up has its rebalance time-out for it. */
export function watchRevocation(draft: TimedDraft, { memberId, state, epoch, rebalanceTimeoutMs }: TimedMember): void {
  const key = timerOf('rebalance', memberId);
  if (state === 'unrevoked') draft.set(key, rebalanceTimeoutMs, { kind: 'rebalance', memberId, epoch });
  else draft.cancel(key);
}
