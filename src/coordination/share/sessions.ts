/** One partition of a session. */
export interface SessionPartition {
  readonly topicId: string;
  readonly partition: number;
}

/** What a member reads over its requests (KIP-932). It belongs to the member, not to its connection, but ends with that. */
export interface ShareSession {
  readonly groupId: string;
  readonly memberId: string;
  readonly connectionId: number;
  /** The epoch that the next request must have. */
  epoch: number;
  /** By `partition:topic id`, in the order in which they came. */
  readonly partitions: Map<string, SessionPartition>;
}

/** Why a request has no session. */
export type SessionError =
  | 'INVALID_REQUEST'
  | 'SHARE_SESSION_NOT_FOUND'
  | 'INVALID_SHARE_SESSION_EPOCH'
  | 'SHARE_SESSION_LIMIT_REACHED';

/** What a request says of its session. */
export interface SessionRequest {
  readonly groupId: string;
  readonly memberId: string;
  readonly connectionId: number;
  readonly epoch: number;
}

const FIRST_EPOCH = 0;
export const FINAL_EPOCH = -1;
const LAST_EPOCH = 0x7fff_ffff;

/** Partitions that all sessions together remember: an upper bound of their memory. */
const MAX_PARTITIONS = 250_000;

const keyOf = ({ groupId, memberId }: { groupId: string; memberId: string }): string => `${memberId}:${groupId}`;
const partitionKey = ({ topicId, partition }: SessionPartition): string => `${partition}:${topicId}`;

/** All share sessions of the broker. Nothing of them is stored: after a restart members begin anew. */
export class ShareSessions {
  readonly #limit: number;
  readonly #sessions = new Map<string, ShareSession>();
  #partitions = 0;

  /** `limit` is `group.share.max.share.sessions`. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** The session of a ShareFetch: a new one, or the member's with what the request adds and forgets. */
  fetch(
    request: SessionRequest,
    added: readonly SessionPartition[],
    forgotten: readonly SessionPartition[],
    acknowledges: boolean,
  ): ShareSession | SessionError {
    if (request.epoch === FIRST_EPOCH) {
      if (acknowledges) return 'INVALID_REQUEST';
      return this.#create(request, added);
    }
    const session = this.acknowledge(request);
    if (typeof session === 'string' || request.epoch === FINAL_EPOCH) return session;
    return this.#change(session, added, forgotten);
  }

  #change(
    session: ShareSession,
    added: readonly SessionPartition[],
    forgotten: readonly SessionPartition[],
  ): ShareSession | SessionError {
    const { partitions } = session;
    const before = partitions.size;
    for (const partition of added) partitions.set(partitionKey(partition), partition);
    for (const partition of forgotten) partitions.delete(partitionKey(partition));
    this.#partitions += partitions.size - before;
    if (this.#partitions <= MAX_PARTITIONS) return session;
    this.end(session);
    return 'SHARE_SESSION_LIMIT_REACHED';
  }

  /** The session of a ShareAcknowledge, which cannot begin one. */
  acknowledge(request: SessionRequest): ShareSession | SessionError {
    if (request.epoch === FIRST_EPOCH) return 'INVALID_SHARE_SESSION_EPOCH';
    const session = this.#sessions.get(keyOf(request));
    if (session === undefined) return 'SHARE_SESSION_NOT_FOUND';
    if (request.epoch === FINAL_EPOCH) return session;
    if (session.epoch !== request.epoch) return 'INVALID_SHARE_SESSION_EPOCH';
    session.epoch = session.epoch === LAST_EPOCH ? 1 : session.epoch + 1;
    return session;
  }

  #create(request: SessionRequest, partitions: readonly SessionPartition[]): ShareSession | SessionError {
    const { groupId, memberId, connectionId } = request;
    const key = keyOf(request);
    const before = this.#sessions.get(key);
    if (before !== undefined) this.end(before);
    if (this.#sessions.size >= this.#limit) return 'SHARE_SESSION_LIMIT_REACHED';
    const session = { groupId, memberId, connectionId, epoch: 1, partitions: new Map<string, SessionPartition>() };
    this.#sessions.set(key, session);
    return this.#change(session, partitions, []);
  }

  /** Ends a session; false when it has ended before. */
  end(session: ShareSession): boolean {
    const key = keyOf(session);
    if (this.#sessions.get(key) !== session) return false;
    this.#partitions -= session.partitions.size;
    return this.#sessions.delete(key);
  }

  /** True when a member of the group has a session. */
  serves(groupId: string): boolean {
    for (const session of this.#sessions.values()) if (session.groupId === groupId) return true;
    return false;
  }

  /** Sessions that came in over a connection. */
  ofConnection(connectionId: number): ShareSession[] {
    return [...this.#sessions.values()].filter((session) => session.connectionId === connectionId);
  }
}
