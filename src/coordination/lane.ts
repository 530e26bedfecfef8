import { newGroup } from './classic/group.ts';
import { HeldOffsets } from './held-offsets.ts';
import type { Offsets } from './offsets.ts';
import type { AnyGroup, CommittedOffset, GroupRecord } from './types.ts';

/** What a task wants done. `apply` is called once the records are durable, at once if there are none. */
export interface Decision {
  readonly records: readonly GroupRecord[];
  readonly apply: () => void;
}

/**
 * A piece of work on one group. `decide` has no effects, because it is asked again if it has to wait.
 * - commit: writes offsets and changes nothing else; waiting ones share a transaction.
 * - step: anything else. One that writes nothing does not wait for commits under way.
 * - barrier: waits for every write before it.
 */
export interface Task {
  readonly kind: 'commit' | 'step' | 'barrier';
  readonly decide: () => Decision;
  /** Nothing was done: the records could not be written, or there is a bug in the machine. */
  readonly fail: (error: Error) => void;
}

interface Decided extends Decision {
  readonly task: Task;
}

/** Records that one transaction may hold, so that a flood of commits does not become one giant statement list. */
const MAX_RECORDS = 10_000;

/** True for records after which the rows of a group are those that memory has, whatever they were before. */
const isWhole = (records: readonly GroupRecord[]): boolean =>
  records.some(({ kind }) => kind === 'members-removed' || kind === 'group-removed');

/**
 * One group with its offsets, and the order of what happens to it: at most one write is under way, and memory changes only
 * when it is durable. So memory and rows are in step at every moment, and a failed write leaves nothing to undo.
 */
export class GroupLane {
  group: AnyGroup | undefined;
  readonly #offsets = new Map<string, Map<number, CommittedOffset>>();
  /** Offsets that wait for the end of a transaction. */
  readonly held = new HeldOffsets();
  readonly #write: (records: readonly GroupRecord[]) => Promise<void>;
  readonly #onIdle: () => void;
  readonly #waitingCommits: Task[] = [];
  readonly #waiting: Task[] = [];
  #writing: 'commit' | 'step' | undefined;
  #isUncertain = false;

  constructor(write: (records: readonly GroupRecord[]) => Promise<void>, onIdle: () => void) {
    this.#write = write;
    this.#onIdle = onIdle;
  }

  get offsets(): Offsets {
    return this.#offsets;
  }

  get isIdle(): boolean {
    return this.#writing === undefined && this.#waiting.length === 0 && this.#waitingCommits.length === 0;
  }

  /** True after a failed write of the group, until all of it is written anew: the write may have taken place, and the rows be others than memory thinks. */
  get isUncertain(): boolean {
    return this.#isUncertain;
  }

  submit(task: Task): void {
    if (this.#writing === 'step' || this.#waiting.length > 0) this.#waiting.push(task);
    else if (this.#writing === 'commit' && task.kind === 'commit') this.#waitingCommits.push(task);
    else this.#run(task);
    if (this.isIdle) this.#onIdle();
  }

  #run(task: Task): void {
    if (task.kind === 'commit') {
      this.#waitingCommits.push(task);
      while (this.#waiting[0]?.kind === 'commit') this.#waitingCommits.push(...this.#waiting.splice(0, 1));
      this.#runCommits();
      return;
    }
    if (task.kind === 'barrier' && this.#writing !== undefined) {
      this.#waiting.push(task);
      return;
    }
    const decided = this.#decide(task);
    if (decided === undefined) return;
    if (this.#writing === undefined) this.#start('step', [decided]);
    else this.#waiting.push(task);
  }

  /** The decision of a task that writes; one that does not is done with afterwards. */
  #decide(task: Task): Decided | undefined {
    try {
      const { records, apply } = task.decide();
      if (records.length > 0) return { task, records, apply };
      apply();
    } catch (error) {
      task.fail(error as Error);
    }
    return undefined;
  }

  #runCommits(): void {
    const all: Decided[] = [];
    let records = 0;
    while (records < MAX_RECORDS) {
      const task = this.#waitingCommits.shift();
      if (task === undefined) break;
      const decided = this.#decide(task);
      if (decided === undefined) continue;
      records += decided.records.length;
      all.push(decided);
    }
    if (all.length > 0) this.#start('commit', all);
  }

  #start(kind: 'commit' | 'step', all: readonly Decided[]): void {
    this.#writing = kind;
    const records = all.flatMap((decided) => decided.records);
    const finished = this.#write(records).then(
      () => {
        if (isWhole(records)) this.#isUncertain = false;
        for (const record of records) this.replay(record);
        for (const { apply } of all) apply();
      },
      (error: Error) => {
        if (kind === 'step') this.#isUncertain = true;
        for (const { task } of all) task.fail(error);
      },
    );
    void finished.finally(() => {
      this.#writing = undefined;
      this.#drain();
    });
  }

  #drain(): void {
    while (this.#writing === undefined) {
      if (this.#waitingCommits.length > 0) {
        this.#runCommits();
        continue;
      }
      const task = this.#waiting.shift();
      if (task === undefined) break;
      this.#run(task);
    }
    if (this.isIdle) this.#onIdle();
  }

  /** Brings a durable record into memory: after its write, and at the start for each row. */
  replay(record: GroupRecord): void {
    switch (record.kind) {
      case 'group':
        this.group = record.group;
        break;
      case 'group-removed':
        this.group = undefined;
        this.#offsets.clear();
        this.held.clear();
        break;
      case 'offset':
        // Offsets without a group are those of simple consumers; Kafka shows an empty classic group for them.
        this.group ??= newGroup(record.groupId, record.value.commitTimestamp);
        this.#partitions(record.topic).set(record.partition, record.value);
        break;
      case 'held-offset':
        this.group ??= newGroup(record.groupId, record.value.commitTimestamp);
        this.held.add(record);
        break;
      case 'member':
      case 'member-removed':
      case 'members-removed':
        // The members of a group are read with it (`rows.ts`), and a step brings the group that it leads to.
        break;
      case 'offset-removed':
        this.#offsets.get(record.topic)?.delete(record.partition);
        if (this.#offsets.get(record.topic)?.size === 0) this.#offsets.delete(record.topic);
        break;
    }
  }

  /** A transaction ended, and its rows with it: what it held becomes committed offsets, or nothing. */
  release(groupId: string, producerId: number, commit: boolean): void {
    for (const { topic, partition, value } of this.held.take(producerId))
      if (commit) this.replay({ kind: 'offset', groupId, topic, partition, value });
  }

  #partitions(topic: string): Map<number, CommittedOffset> {
    const known = this.#offsets.get(topic);
    if (known !== undefined) return known;
    const added = new Map<number, CommittedOffset>();
    this.#offsets.set(topic, added);
    return added;
  }
}
