import { Refused } from '../refused.ts';
import type { GroupTopics } from '../types.ts';
import { inputsOf } from './group.ts';
import { type ConfiguredTopology, type InternalTopic, STATUS, type Status, type Topology } from './types.ts';

/** Thrown for what keeps a topology from running. */
class Problem extends Error {
  readonly status: Status;

  constructor(code: number, detail: string) {
    super(detail);
    this.status = { code, detail };
  }
}

const notCopartitioned = (detail: string): Problem => new Problem(STATUS.INCORRECTLY_PARTITIONED_TOPICS, detail);

/**
 * How many tasks each subtopology has, which depends on the partitions of its topics, and which internal topics are to be created with how
 * many. Throws Refused for a topology whose repartition topics cannot be counted at all.
 */
export function configureTopology(topology: Topology, topics: GroupTopics): ConfiguredTopology {
  try {
    refuseMissingSources(topology, topics);
    const counts = new PartitionCounts(topology, topics);
    counts.decideRepartitionTopics();
    for (const { copartitioned } of topology.subtopologies) for (const names of copartitioned) counts.makeEqual(names);
    const tasks = new Map(topology.subtopologies.map((one) => [one.id, counts.most(inputsOf(one))]));
    const missingTopics = missingOf(topology, topics, counts, tasks);
    const names = missingTopics.map(({ name }) => name).join(', ');
    const problem =
      missingTopics.length === 0
        ? undefined
        : { code: STATUS.MISSING_INTERNAL_TOPICS, detail: `Internal topics are missing: ${names}` };
    return { tasks, problem, missingTopics };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { tasks: undefined, problem: error.status, missingTopics: [] };
  }
}

function refuseMissingSources({ subtopologies }: Topology, topics: GroupTopics): void {
  const names = new Set(subtopologies.flatMap(({ sourceTopics }) => sourceTopics));
  const missing = [...names].filter((name) => topics.byName(name) === undefined).sort();
  if (missing.length > 0)
    throw new Problem(STATUS.MISSING_SOURCE_TOPICS, `Source topics ${missing.join(', ')} are missing.`);
}

/** Numbers of partitions of all topics of a topology: those that are there, and those that are decided. */
class PartitionCounts {
  readonly #topology: Topology;
  readonly #topics: GroupTopics;
  readonly #decided = new Map<string, number>();
  /** Repartition topics whose number the topology sets. */
  readonly #fixed = new Map<string, number>();
  readonly #flexible = new Set<string>();

  constructor(topology: Topology, topics: GroupTopics) {
    this.#topology = topology;
    this.#topics = topics;
    for (const { repartitionSources } of topology.subtopologies) {
      for (const { name, partitions } of repartitionSources) {
        if (partitions > 0) this.#fixed.set(name, partitions);
        else this.#flexible.add(name);
      }
    }
    for (const [name, partitions] of this.#fixed) this.#decided.set(name, partitions);
  }

  of(name: string): number | undefined {
    return this.#decided.get(name) ?? this.#topics.byName(name)?.partitions;
  }

  /** The largest number of these topics; 0 for none. */
  most(names: readonly string[]): number {
    return Math.max(0, ...names.map((name) => this.of(name) ?? 0));
  }

  /** A repartition topic gets as many partitions as the largest topic that its writers read. Those may be repartition topics, too. */
  decideRepartitionTopics(): void {
    let open = [...this.#flexible];
    while (open.length > 0) {
      const left = open.filter((name) => !this.#decide(name));
      if (left.length === open.length)
        throw new Refused('STREAMS_INVALID_TOPOLOGY', `Nothing tells the partitions of ${left.join(', ')}.`);
      open = left;
    }
  }

  #decide(name: string): boolean {
    const writers = this.#topology.subtopologies.filter(({ repartitionSinks }) => repartitionSinks.includes(name));
    const inputs = writers.flatMap(inputsOf).filter((input) => !this.#flexible.has(input) || this.#decided.has(input));
    const count = this.most(inputs);
    if (count > 0) this.#decided.set(name, count);
    return count > 0;
  }

  /** Topics that are read together must have the same number; repartition topics without one of their own follow. */
  makeEqual(names: readonly string[]): void {
    const flexible = names.filter((name) => this.#flexible.has(name));
    const fixed = names.filter((name) => this.#fixed.has(name));
    const given = names.filter((name) => !this.#flexible.has(name) && !this.#fixed.has(name));
    const leading = given.length > 0 ? given : fixed.length > 0 ? fixed : flexible;
    const count = this.most(leading);
    const unequal = [...given, ...fixed].filter((name) => this.of(name) !== count);
    if (unequal.length > 0) {
      const shown = [...given, ...fixed].sort().map((name) => `${name}: ${this.of(name)}`);
      throw notCopartitioned(`These topics do not have the same number of partitions: ${shown.join(', ')}`);
    }
    for (const name of flexible) this.#decided.set(name, count);
  }
}

/** The internal topics that are not there. Throws Problem when one is there with another number of partitions. */
function missingOf(
  topology: Topology,
  topics: GroupTopics,
  counts: PartitionCounts,
  tasks: ReadonlyMap<string, number>,
): InternalTopic[] {
  const missing = new Map<string, InternalTopic>();
  for (const { id, repartitionSources, changelogs } of topology.subtopologies) {
    const wanted = [
      ...repartitionSources.map((info) => ({ info, partitions: counts.of(info.name) ?? 0 })),
      ...changelogs.map((info) => ({ info, partitions: tasks.get(id) ?? 0 })),
    ];
    for (const { info, partitions } of wanted) {
      const existing = topics.byName(info.name);
      if (existing !== undefined && existing.partitions !== partitions)
        throw notCopartitioned(
          `Topic ${info.name} has ${existing.partitions} partitions, and should have ${partitions}.`,
        );
      if (existing !== undefined) continue;
      const replicationFactor = info.replicationFactor === 0 ? -1 : info.replicationFactor;
      missing.set(info.name, { name: info.name, partitions, replicationFactor, configs: info.configs });
    }
  }
  return [...missing.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
