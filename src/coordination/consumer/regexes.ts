import { compileRe2, InvalidPattern } from '../../base/re2.ts';
import type { Requester } from '../../security/authorizer.ts';
import { Refused } from '../refused.ts';
import type { Environment } from '../types.ts';
import { type ConsumerDraft, REGEX_TIMER } from './draft.ts';
import { countRegex, metadataHashOf, subscribedTopics } from './group.ts';
import type { ConsumerGroup, ConsumerMember } from './types.ts';

/** Shortest pause between two resolutions for one group (Kafka's constant). */
const MIN_INTERVAL_MS = 10_000;

/** What a heartbeat did to the regular expression of a member: `resolved` means that its topics are known already. */
export type RegexChange = 'none' | 'changed' | 'resolved';

/**
 * Takes note that the member, which is in the draft already, subscribes otherwise than before. An expression that is new to the group is
 * resolved a moment later, as in Kafka: the answer to the heartbeat does not wait for it. Throws Refused for one that is invalid.
 */
export function updateRegex(draft: ConsumerDraft, before: ConsumerMember, member: ConsumerMember): RegexChange {
  const { regex } = member;
  if (before.regex === regex) return 'none';
  const wasLast = before.regex !== null && countRegex(draft.group, before.regex) === 0;
  if (wasLast) forget(draft, [before.regex]);
  if (regex === null) return 'resolved';
  if (draft.group.regexes.topics.has(regex)) return 'resolved';
  if (countRegex(draft.group, regex) === 1) checkRegex(regex);
  return 'changed';
}

function checkRegex(regex: string): void {
  try {
    compileRe2(regex);
  } catch (error) {
    if (!(error instanceof InvalidPattern)) throw error;
    throw new Refused('INVALID_REGULAR_EXPRESSION', `'${regex}' is no valid regular expression: ${error.message}.`);
  }
}

/** Drops expressions that no member subscribes any more. */
export function forget(draft: ConsumerDraft, regexes: readonly (string | null)[]): void {
  const gone = regexes.filter((regex) => regex !== null && draft.group.regexes.topics.has(regex));
  if (gone.length === 0) return;
  const { group, env } = draft;
  const topics = new Map([...group.regexes.topics].filter(([regex]) => !gone.includes(regex)));
  const isCurrent = group.metadataHash === metadataHashOf(subscribedTopics(group), env.topics);
  draft.change({ regexes: { ...group.regexes, topics } });
  // What the expression stood for is no change of the topics that are left.
  if (isCurrent) draft.change({ metadataHash: metadataHashOf(subscribedTopics(draft.group), env.topics) });
}

/** Has the expressions of the group resolved soon, if one is unresolved, if topics came or went, or if it is long ago. */
export function maybeResolveSoon(draft: ConsumerDraft, requester: Requester): void {
  const { group, env } = draft;
  const wanted = regexesOf(group);
  const { topics, at, topicsVersion, pending } = group.regexes;
  if (wanted.size === 0 || pending) return;
  // A time in the future is none: the clock went back.
  const isRecent = env.now >= at && env.now <= at + MIN_INTERVAL_MS;
  if (draft.before.regexes.topics.size > 0 && isRecent) return;
  const isDue =
    [...wanted].some((regex) => !topics.has(regex)) ||
    topicsVersion !== env.topics.version() ||
    env.now > at + env.settings.consumer.regexRefreshIntervalMs;
  if (!isDue) return;
  draft.change({ regexes: { ...group.regexes, pending: true } });
  draft.set(REGEX_TIMER, 0, { kind: 'regexes', requester });
}

function regexesOf(group: ConsumerGroup): Set<string> {
  const regexes = new Set<string>();
  for (const { regex } of group.members.values()) if (regex !== null) regexes.add(regex);
  return regexes;
}

/** Resolves all expressions of the group; a change of what they stand for asks for a new assignment. */
export function resolveRegexes(draft: ConsumerDraft, requester: Requester): void {
  const { group, env } = draft;
  const found = new Map([...regexesOf(group)].map((regex) => [regex, matching(regex, requester, env)]));
  const before = group.regexes.topics;
  const same = [...found].every(([regex, topics]) => (before.get(regex) ?? []).join() === topics.join());
  const topicsVersion = env.topics.version();
  const topics = same && before.size === found.size ? before : found;
  draft.change({ regexes: { topics, at: env.now, topicsVersion, pending: false } });
  const metadataHash = metadataHashOf(subscribedTopics(draft.group), env.topics);
  const changed = !same || metadataHash !== group.metadataHash;
  draft.change({ metadataHash, topicsVersion });
  if (changed) draft.bumpEpoch();
}

/** Names of the topics that the requester may see and that the expression matches as a whole. */
function matching(regex: string, requester: Requester, env: Environment): string[] {
  const compiled = compileRe2(regex);
  return env.topics
    .all()
    .map(({ name }) => name)
    .filter((name) => compiled.matches(name) && env.mayDescribe(requester, name))
    .sort();
}
