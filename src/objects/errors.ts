/** There is no object under this key. */
export class ObjectNotFound extends Error {
  override readonly name = 'ObjectNotFound';

  constructor(key: string, options?: ErrorOptions) {
    super(`no object ${key}`, options);
  }
}

/** `ifAbsent` was asked for and the key is taken. */
export class ObjectExists extends Error {
  override readonly name = 'ObjectExists';

  constructor(key: string, options?: ErrorOptions) {
    super(`object ${key} exists`, options);
  }
}

/** `ifMatch` was asked for and the object is another one, or gone. */
export class PreconditionFailed extends Error {
  override readonly name = 'PreconditionFailed';

  constructor(key: string, options?: ErrorOptions) {
    super(`object ${key} has changed`, options);
  }
}

/** The store does not have such a storage class, or objects in it cannot be read at once. */
export class StorageClassRefused extends Error {
  override readonly name = 'StorageClassRefused';
}

/** The store did not do what it was asked, and may do so later: network, time-out, throttling, disk full … */
export class ObjectStoreUnavailable extends Error {
  override readonly name = 'ObjectStoreUnavailable';
}

/** Wraps whatever a store's backend threw, unless it is one of ours already. */
export function unavailable(what: string, cause: unknown): Error {
  if (cause instanceof ObjectNotFound || cause instanceof ObjectExists) return cause;
  if (cause instanceof PreconditionFailed || cause instanceof ObjectStoreUnavailable) return cause;
  if (cause instanceof StorageClassRefused) return cause;
  const reason = cause instanceof Error ? cause.message || cause.name : String(cause);
  return new ObjectStoreUnavailable(`${what}: ${reason}`, { cause });
}
