import { errorCode } from '../../protocol/errors.ts';
import type { Clock } from '../base/clock.ts';
import { below, type Random } from '../base/random.ts';
import type { FetchPartition, PartitionResult } from './fetch-read.ts';
import { FetchSession, type Forgotten } from './fetch-session.ts';

/** What a request says of its session (KIP-227). */
export interface SessionRequest {
  readonly sessionId: number;
  readonly sessionEpoch: number;
  readonly usesTopicIds: boolean;
  readonly partitions: readonly FetchPartition[];
  readonly forgotten: readonly Forgotten[];
}

/** What a fetch reads, and how its answer is cut down. */
export interface FetchContext {
  /** Not 0: the whole answer. */
  readonly errorCode: number;
  readonly partitions: readonly FetchPartition[];
  /** The session id to answer, and the results that the client has to be told. */
  answer(results: readonly PartitionResult[]): {
    sessionId: number;
    results: readonly PartitionResult[];
    error: number;
  };
  /** The session id to answer without any result, which changes nothing: the client is to ask again. */
  nothing(): number;
}

const NO_SESSION = 0;
const FIRST_EPOCH = 0;
const FINAL_EPOCH = -1;

function sessionless(partitions: readonly FetchPartition[]): FetchContext {
  return {
    errorCode: errorCode.NONE,
    partitions,
    answer: (results) => ({ sessionId: NO_SESSION, results, error: errorCode.NONE }),
    nothing: () => NO_SESSION,
  };
}

function refused(code: number): FetchContext {
  return { ...sessionless([]), errorCode: code };
}

export interface FetchSessionLimits {
  /** `max.incremental.fetch.session.cache.slots`. */
  readonly slots: number;
  /** After so long a session may have to give way (Kafka's `min.incremental.fetch.session.eviction.ms`). */
  readonly evictionMs: number;
  /** Partitions that all sessions together remember: an upper bound of their memory. */
  readonly partitions: number;
}

export const defaultFetchSessionLimits: FetchSessionLimits = { slots: 1000, evictionMs: 120_000, partitions: 250_000 };

/** All fetch sessions of the broker. They belong to no connection: a client may go on with another one. */
export class FetchSessions {
  readonly #limits: FetchSessionLimits;
  readonly #clock: Clock;
  readonly #random: Random;
  /** In the order of their last use. */
  readonly #sessions = new Map<number, FetchSession>();
  #partitions = 0;

  constructor(limits: FetchSessionLimits, clock: Clock, random: Random) {
    this.#limits = limits;
    this.#clock = clock;
    this.#random = random;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Partitions that the sessions remember. */
  get partitions(): number {
    return this.#partitions;
  }

  /** Finds out what a request means: a new session, one more fetch of a session, its end, or none. */
  begin(request: SessionRequest): FetchContext {
    const { sessionId, sessionEpoch, partitions } = request;
    if (sessionEpoch === FIRST_EPOCH || sessionEpoch === FINAL_EPOCH) {
      this.#remove(sessionId);
      return sessionEpoch === FINAL_EPOCH ? sessionless(partitions) : this.#full(request);
    }
    return this.#incremental(request);
  }

  #full({ partitions, usesTopicIds }: SessionRequest): FetchContext {
    return {
      errorCode: errorCode.NONE,
      partitions,
      answer: (results) => {
        const session = this.#create(partitions.length, usesTopicIds);
        session?.remember(results);
        this.#partitions += session?.partitions.size ?? 0;
        return { sessionId: session?.id ?? NO_SESSION, results, error: errorCode.NONE };
      },
      nothing: () => NO_SESSION,
    };
  }

  #incremental(request: SessionRequest): FetchContext {
    const session = this.#sessions.get(request.sessionId);
    if (session === undefined) return refused(errorCode.FETCH_SESSION_ID_NOT_FOUND);
    if (session.epoch !== request.sessionEpoch) return refused(errorCode.INVALID_FETCH_SESSION_EPOCH);
    if (session.usesTopicIds !== request.usesTopicIds) return refused(errorCode.FETCH_SESSION_TOPIC_ID_ERROR);
    const before = session.partitions.size;
    session.update(request.partitions, request.forgotten);
    this.#partitions += session.partitions.size - before;
    if (this.#partitions > this.#limits.partitions) {
      this.#remove(session.id);
      return refused(errorCode.FETCH_SESSION_ID_NOT_FOUND);
    }
    if (session.partitions.size === 0) {
      this.#remove(session.id);
      return sessionless([]);
    }
    this.#touch(session);
    const expected = session.epoch;
    return {
      errorCode: errorCode.NONE,
      partitions: [...session.partitions.values()],
      answer: (results) => {
        // Someone else used the session while this fetch waited.
        if (session.epoch !== expected) {
          return { sessionId: NO_SESSION, results: [], error: errorCode.INVALID_FETCH_SESSION_EPOCH };
        }
        return { sessionId: session.id, results: session.news(results), error: errorCode.NONE };
      },
      nothing: () => session.id,
    };
  }

  #touch(session: FetchSession): void {
    session.advance(this.#clock.monotonic());
    this.#sessions.delete(session.id);
    this.#sessions.set(session.id, session);
  }

  #remove(id: number): void {
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    this.#sessions.delete(id);
    this.#partitions -= session.partitions.size;
  }

  #create(size: number, usesTopicIds: boolean): FetchSession | undefined {
    const now = this.#clock.monotonic();
    if (this.#partitions + size > this.#limits.partitions) return undefined;
    if (this.#sessions.size >= this.#limits.slots && !this.#evictFor(size, now)) return undefined;
    let id = 0;
    while (id === 0 || this.#sessions.has(id)) id = below(this.#random, 0x7fff_ffff);
    const session = new FetchSession(id, usesTopicIds, now);
    this.#sessions.set(id, session);
    return session;
  }

  /** Makes room as Kafka does: a session that is not used any more goes, or an old one that is smaller than the new one. */
  #evictFor(size: number, now: number): boolean {
    let smallest: FetchSession | undefined;
    for (const session of this.#sessions.values()) {
      if (now - session.lastUsed > this.#limits.evictionMs) {
        this.#remove(session.id);
        return true;
      }
      const old = now - session.created > this.#limits.evictionMs;
      if (old && session.partitions.size < (smallest?.partitions.size ?? size)) smallest = session;
    }
    if (smallest === undefined) return false;
    this.#remove(smallest.id);
    return true;
  }
}
