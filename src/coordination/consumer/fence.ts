import type { Step } from '../types.ts';
import { downgrade, isDowngradeDue } from './downgrade.ts';
import type { ConsumerDraft } from './draft.ts';
import { countRegex, metadataHashOf, subscribedTopics } from './group.ts';
import { forget } from './regexes.ts';

/** Ends the step by removing members. When only members of the classic protocol are left, the group becomes a classic one. */
export function fence(draft: ConsumerDraft, memberIds: readonly string[]): Step {
  if (memberIds.length === 0) return draft.finish();
  const leavers = memberIds.map((memberId) => draft.member(memberId));
  const becomesClassic = isDowngradeDue(draft, leavers);
  for (const memberId of memberIds) draft.remove(memberId);
  if (becomesClassic) return downgrade(draft, { rebalance: true });
  forget(
    draft,
    leavers.map(({ regex }) => regex).filter((regex) => regex !== null && countRegex(draft.group, regex) === 0),
  );
  draft.change({ metadataHash: metadataHashOf(subscribedTopics(draft.group), draft.env.topics) });
  draft.bumpEpoch();
  return draft.finish();
}
