import { below } from '../src/base/random.ts';
import type { ProducerIdentity, ProducerReply } from '../src/coordination/transactions/types.ts';
import { type Attempt, tagOf } from './transactions-checks.ts';
import { PARTITIONS, TOPIC, TOPIC_ID } from './transactions-log.ts';
import type { ProduceError, World } from './transactions-world.ts';

const REQUEST_MS = 3000;
const MAX_ATTEMPTS = 12;
/** After these the same request may be sent again. */
const RETRIABLE: ReadonlySet<ProduceError> = new Set([
  'CONCURRENT_TRANSACTIONS',
  'COORDINATOR_NOT_AVAILABLE',
  'KAFKA_STORAGE_ERROR',
]);

/**
 * Clients of today have transactions of version 2: they add by writing, and their ends raise the epoch. Older ones do neither. The protocol
 * does not forbid to mix both.
 */
export type ProducerKind = 'today' | 'older' | 'mixed';

type Sent = 'acked' | 'refused' | 'unknown';

/** A producer as client libraries run one: transactions one after another, until it is fenced or killed. */
export class Producer {
  readonly transactionalId: string;
  readonly #world: World;
  readonly #raisesEpoch: boolean;
  readonly #adds: boolean;
  readonly #dawdles: boolean;
  readonly #timeoutMs: number;
  #identity: ProducerIdentity = { producerId: -1, producerEpoch: -1 };
  readonly #sequences = new Map<number, number>();
  #living = true;
  finished = 0;

  /** `dawdles`: now and then it takes longer than its time-out. */
  constructor(world: World, transactionalId: string, kind: ProducerKind, dawdles: boolean) {
    this.#world = world;
    this.transactionalId = transactionalId;
    this.#raisesEpoch = kind === 'today';
    this.#adds = kind !== 'older';
    this.#dawdles = dawdles;
    this.#timeoutMs = 2000 + below(world.random, 4000);
  }

  get isLiving(): boolean {
    return this.#living;
  }

  kill(): void {
    this.#living = false;
  }

  async run(): Promise<void> {
    if (!(await this.#init())) return;
    while (this.#living && (await this.#transaction())) this.finished++;
    this.#living = false;
  }

  #become(identity: ProducerIdentity): void {
    const { producerId, producerEpoch } = identity;
    if (producerId !== this.#identity.producerId || producerEpoch !== this.#identity.producerEpoch)
      this.#sequences.clear();
    this.#identity = { producerId, producerEpoch };
  }

  async #init(): Promise<boolean> {
    const { transactionalId } = this;
    const request = { transactionalId, timeoutMs: this.#timeoutMs, expected: undefined };
    for (let i = 0; i < 40 && this.#living; i++) {
      const answer = await this.#world.call(({ transactions }) => transactions.initProducer(request), REQUEST_MS, true);
      if (answer?.error === 'NONE') {
        this.#world.checks.initialized(transactionalId, answer.producerId, answer.producerEpoch);
        this.#become(answer);
        return true;
      }
      await this.#world.sleep(100 + below(this.#world.random, 200));
    }
    return false;
  }

  /** One transaction; false when the producer cannot go on. */
  async #transaction(): Promise<boolean> {
    const { checks, random } = this.#world;
    const attempt = checks.begin(this.transactionalId);
    let good = await this.#write(attempt);
    if (good && this.#world.chance(0.6)) good = await this.#commitOffset(attempt);
    if (this.#dawdles && this.#world.chance(0.2)) await this.#world.sleep(below(random, 8000));
    if (!this.#living) return false;
    const commit = good && this.#world.chance(0.8);
    return this.#end(attempt, commit);
  }

  async #write(attempt: Attempt): Promise<boolean> {
    const { random } = this.#world;
    for (let index = 0; index < 1 + below(random, 4); index++) {
      if (!this.#living) return false;
      const partition = below(random, PARTITIONS);
      if (!this.#adds && !(await this.#add([partition], []))) return false;
      const sent = await this.#produce(partition, tagOf(attempt, index));
      if (sent === 'acked') attempt.acked.push(tagOf(attempt, index));
      else return false;
      await this.#world.sleep(below(random, 300));
    }
    return true;
  }

  async #produce(partition: number, tag: string): Promise<Sent> {
    const participant = { transactionalId: this.transactionalId, ...this.#identity, adds: this.#adds };
    const sequence = this.#sequences.get(partition) ?? 0;
    const sent = await this.#tryAgain((life) => this.#world.produce(life, participant, partition, sequence, tag));
    // Even when nobody knows: the next transaction of the same epoch must not use it for another record.
    this.#sequences.set(partition, sequence + 1);
    return sent;
  }

  async #tryAgain(ask: Parameters<World['call']>[0]): Promise<Sent> {
    let sent: Sent = 'refused';
    for (let i = 0; i < MAX_ATTEMPTS && this.#living; i++) {
      const error = (await this.#world.call(ask, REQUEST_MS, this.#raisesEpoch)) as ProduceError | undefined;
      if (error === 'NONE') return 'acked';
      if (error !== undefined && !RETRIABLE.has(error)) return sent;
      if (error === undefined) sent = 'unknown';
      await this.#world.sleep(50 + below(this.#world.random, 150));
    }
    return sent;
  }

  async #add(partitions: readonly number[], groups: readonly string[]): Promise<boolean> {
    const request = {
      transactionalId: this.transactionalId,
      ...this.#identity,
      partitions: partitions.map((partition) => ({ topic: TOPIC, topicId: TOPIC_ID, partition })),
      groups,
      raisesEpoch: false,
    };
    return (await this.#tryAgain(({ transactions }) => transactions.add(request))) === 'acked';
  }

  async #commitOffset(attempt: Attempt): Promise<boolean> {
    const groupId = this.transactionalId;
    if (!this.#adds && !(await this.#add([], [groupId]))) return false;
    const participant = { transactionalId: this.transactionalId, ...this.#identity, adds: this.#adds };
    const partition = { partition: 0, offset: attempt.number, leaderEpoch: -1, metadata: null };
    const request = {
      groupId,
      memberId: '',
      instanceId: null,
      generation: -1,
      transactional: true,
      version: 5,
      knowsGroupIdNotFound: false,
      retentionTimeMs: -1,
      topics: [{ topic: TOPIC, topicId: TOPIC_ID, partitions: [partition] }],
    };
    const sent = await this.#tryAgain(async ({ transactions }) => {
      const held = await transactions.commitOffsets(participant, request);
      if (held.error !== 'NONE') return held.error;
      return held.reply.error === 'NONE' ? 'NONE' : 'COORDINATOR_NOT_AVAILABLE';
    });
    attempt.offset = sent === 'acked' ? 'acked' : 'unknown';
    return sent === 'acked';
  }

  /** False when the producer cannot go on. */
  async #end(attempt: Attempt, commit: boolean): Promise<boolean> {
    const { transactionalId } = this;
    const request = { transactionalId, ...this.#identity, commit, raisesEpoch: this.#raisesEpoch };
    let asked = false;
    while (this.#living) {
      const answer: ProducerReply | undefined = await this.#world.call(
        ({ transactions }) => transactions.end(request),
        REQUEST_MS,
        this.#raisesEpoch,
      );
      if (answer?.error === 'NONE') {
        attempt.outcome = commit ? 'committed' : 'aborted';
        if (this.#raisesEpoch) this.#become(answer);
        return true;
      }
      if (answer !== undefined && !RETRIABLE.has(answer.error)) {
        // What was never written cannot be ended by an older client, and that is all right.
        const isEmpty = answer.error === 'INVALID_TXN_STATE' && attempt.acked.length === 0 && !asked;
        return isEmpty && !this.#raisesEpoch && attempt.offset === 'none';
      }
      asked ||= answer === undefined;
      await this.#world.sleep(50 + below(this.#world.random, 150));
    }
    return false;
  }
}
