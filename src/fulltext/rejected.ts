/** A query that cannot be run as it was asked: the asker's fault. `message` says why. */
export class QueryRejected extends Error {
  override readonly name = 'QueryRejected';
}

/** The time for a search is over. */
export class SearchTimedOut extends Error {
  override readonly name = 'SearchTimedOut';
}
