/** Errors of the catalog, by Kafka's name; the front door turns them into codes. */
export type CatalogErrorName =
  | 'INVALID_TOPIC_EXCEPTION'
  | 'TOPIC_ALREADY_EXISTS'
  | 'UNKNOWN_TOPIC_OR_PARTITION'
  | 'UNKNOWN_TOPIC_ID'
  | 'INVALID_PARTITIONS'
  | 'INVALID_REPLICATION_FACTOR'
  | 'INVALID_REPLICA_ASSIGNMENT'
  | 'INVALID_CONFIG'
  | 'INVALID_REQUEST'
  | 'POLICY_VIOLATION';

/** Thrown or returned by the catalog. `message` is a sentence for people. */
export class CatalogError extends Error {
  override readonly name = 'CatalogError';
  readonly code: CatalogErrorName;

  constructor(code: CatalogErrorName, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
