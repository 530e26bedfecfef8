/** Kinds of resources that rights are given on, as in Kafka. The name of the one cluster is `kafka-cluster`. */
export type ResourceType = 'topic' | 'group' | 'cluster' | 'transactional-id' | 'delegation-token' | 'user';

/** What may be done to a resource, as in Kafka's AclOperation. */
export type AclOperation =
  | 'read'
  | 'write'
  | 'create'
  | 'delete'
  | 'alter'
  | 'describe'
  | 'cluster-action'
  | 'describe-configs'
  | 'alter-configs'
  | 'idempotent-write'
  | 'create-tokens'
  | 'describe-tokens'
  | 'two-phase-commit';

/** Name of the cluster as a resource. */
export const CLUSTER_NAME = 'kafka-cluster';

/** Who asks: the principal in Kafka's text form (`User:alice`) and the address that it comes from. */
export interface Requester {
  readonly principal: string;
  readonly host: string;
}

/** Decides who may do what. Synchronous: rights are in memory. */
export interface Authorizer {
  /** Whether the requester may do so. What implies a right (READ implies DESCRIBE …) is known here, as in Kafka's StandardAuthorizer. */
  authorize(requester: Requester, operation: AclOperation, type: ResourceType, name: string): boolean;
  /** Whether the requester may do so on any resource of that kind at all. */
  authorizeAny(requester: Requester, operation: AclOperation, type: ResourceType): boolean;
}

/** No authorizer: everybody may do everything, as Kafka has it without `authorizer.class.name`. */
export const everybodyMay: Authorizer = {
  authorize: () => true,
  authorizeAny: () => true,
};
