import { errorOf } from '../../../../protocol/errors.ts';
import { batchesOf } from '../../../../protocol/records/index.ts';

/** A decoded response. */
// biome-ignore lint/suspicious/noExplicitAny: responses of all APIs go through here.
export type Answer = any;

/** Turns ids that differ from run to run into names. */
export interface Names {
  member(memberId: string): string;
  group(groupId: string): string;
  topicById(topicId: string): string;
  topicByName(name: string): string;
  isOwn(groupId: string): boolean;
}

const error = (code: number): string => errorOf(code)?.name ?? String(code);
const sorted = (values: Iterable<string>): string => [...values].sort().join(' ');

interface Range {
  first: number;
  last: number;
  count: number;
}

/** Neighbours with the same delivery count are told as one range, in whatever parts they were handed out. */
function ranges(acquired: readonly Answer[]): string {
  const out: Range[] = [];
  for (const { firstOffset, lastOffset, deliveryCount } of acquired) {
    const before = out.at(-1);
    if (before !== undefined && before.last + 1 === firstOffset && before.count === deliveryCount)
      before.last = lastOffset;
    else out.push({ first: firstOffset, last: lastOffset, count: deliveryCount });
  }
  return out.map(({ first, last, count }) => `${first}..${last}x${count}`).join(',');
}

/** Whether every acquired offset lies in a batch that came with it. */
function hasRecords(one: Answer): boolean {
  const chunks: Uint8Array[] = one.records === null ? [] : Array.isArray(one.records) ? one.records : [one.records];
  const batches = [...batchesOf(Buffer.concat(chunks))];
  const holds = (offset: number): boolean =>
    batches.some(({ baseOffset, lastOffset }) => baseOffset <= offset && offset <= lastOffset);
  return one.acquiredRecords.every(({ firstOffset, lastOffset }: Answer) => holds(firstOffset) && holds(lastOffset));
}

function fetched(one: Answer): string {
  const failed = one.errorCode === 0 ? '' : error(one.errorCode);
  const refused = one.acknowledgeErrorCode === 0 ? '' : `ack=${error(one.acknowledgeErrorCode)}`;
  const missing = hasRecords(one) ? '' : 'RECORDS-MISSING';
  const acquired = one.acquiredRecords.length === 0 ? '' : `[${ranges(one.acquiredRecords)}]`;
  return [failed, refused, acquired, missing].filter((part) => part !== '').join('/');
}

function assignment(topicPartitions: readonly Answer[], names: Names): string {
  return sorted(
    topicPartitions.flatMap(({ topicId, partitions }: Answer) =>
      partitions.map((partition: number) => `${names.topicById(topicId)}-${partition}`),
    ),
  );
}

function described(group: Answer, names: Names): string {
  const members = group.members.map((member: Answer) => {
    const subscribed = member.subscribedTopicNames.map((name: string) => names.topicByName(name)).sort();
    const assigned = assignment(member.assignment.topicPartitions, names);
    return `${names.member(member.memberId)}(${subscribed})=${assigned}`;
  });
  const told = [names.group(group.groupId), error(group.errorCode), group.groupState, group.assignorName];
  return [...told, sorted(members)].filter((part) => part !== '').join(' ');
}

const places = (topics: readonly Answer[], names: Names, of: (partition: Answer) => string): string =>
  sorted(
    topics.flatMap((topic: Answer) =>
      topic.partitions.map((one: Answer) => `${names.topicByName(topic.topicName)}-${one.partitionIndex}:${of(one)}`),
    ),
  );

/** Partitions about which there is nothing to say are left out: Kafka answers some of them, by rules of its own. */
const byId = (topics: readonly Answer[], names: Names, of: (partition: Answer) => string): string =>
  sorted(
    topics.flatMap((topic: Answer) =>
      topic.partitions.flatMap((one: Answer) => {
        const told = of(one);
        return told === '' ? [] : [`${names.topicById(topic.topicId)}-${one.partitionIndex}:${told}`];
      }),
    ),
  );

/** One line for each kind of answer: what a client acts upon. Lists are sorted, since Kafka's have no order. */
export const describeAnswer: Readonly<Record<string, (answer: Answer, names: Names) => string>> = {
  heartbeat(answer, names) {
    if (answer.errorCode !== 0) return error(answer.errorCode);
    if (answer.memberEpoch < 0) return 'NONE left';
    const { assignment: assigned } = answer;
    return `NONE ${assigned === null ? 'unchanged' : `[${assignment(assigned.topicPartitions, names)}]`}`;
  },
  fetch: (answer, names) =>
    answer.errorCode === 0 ? `NONE ${byId(answer.responses, names, fetched)}`.trimEnd() : error(answer.errorCode),
  ack: (answer, names) =>
    answer.errorCode === 0
      ? `NONE ${byId(answer.responses, names, (one) => error(one.errorCode))}`.trimEnd()
      : error(answer.errorCode),
  describe: (answer, names) =>
    answer.groups
      .map((group: Answer) => described(group, names))
      .sort()
      .join('; '),
  offsets: (answer, names) =>
    answer.groups
      .map((group: Answer) => {
        const of = (one: Answer): string => (one.errorCode === 0 ? `lag=${one.lag}` : error(one.errorCode));
        return `${error(group.errorCode)} ${places(group.topics, names, of)}`.trimEnd();
      })
      .join('; '),
  alter: (answer, names) =>
    `${error(answer.errorCode)} ${places(answer.responses, names, (one) => error(one.errorCode))}`.trimEnd(),
  'delete-offsets': (answer, names) =>
    `${error(answer.errorCode)} ${sorted(answer.responses.map((one: Answer) => `${names.topicByName(one.topicName)}:${error(one.errorCode)}`))}`.trimEnd(),
  produce: (answer) =>
    answer.responses
      .flatMap((topic: Answer) => topic.partitionResponses)
      .map((one: Answer) => (one.errorCode === 0 ? `at ${one.baseOffset}` : error(one.errorCode)))
      .join(' '),
  'delete-records': (answer) =>
    answer.topics
      .flatMap((topic: Answer) => topic.partitions)
      .map((one: Answer) => `${error(one.errorCode)} ${one.lowWatermark}`)
      .join(' '),
  list(answer, names) {
    const own = answer.groups.filter((group: Answer) => names.isOwn(group.groupId));
    const told = own.map((one: Answer) =>
      [names.group(one.groupId), one.protocolType, one.groupState, one.groupType].join('/'),
    );
    return `${error(answer.errorCode)} ${sorted(told)}`.trimEnd();
  },
  'delete-group': (answer) => answer.results.map((one: Answer) => error(one.errorCode)).join(' '),
  'describe-classic': (answer) =>
    answer.groups.map((one: Answer) => `${error(one.errorCode)} ${one.groupState}`).join(' '),
  'classic-join': (answer) => error(answer.errorCode),
  commit: (answer) =>
    sorted(answer.topics.flatMap((topic: Answer) => topic.partitions.map((one: Answer) => error(one.errorCode)))),
  configure: (answer) => answer.responses.map((one: Answer) => error(one.errorCode)).join(' '),
  coordinator: (answer) =>
    answer.coordinators.map((one: Answer) => `${error(one.errorCode)} ${one.nodeId >= 0 ? 'found' : 'none'}`).join(' '),
};
