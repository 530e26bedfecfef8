import { topicForbidden } from './error.ts';
import type { SearchCatalog } from './topics.ts';

/**
 * The topics that somebody sees: lists leave out those that `may` does not allow, and one that is named is refused with SearchError 403
 * before anybody looks whether it is there.
 */
export function seenBy(catalog: SearchCatalog, may: (topic: string) => boolean): SearchCatalog {
  return {
    topics: () => catalog.topics().filter(({ name }) => may(name)),
    topic(name) {
      if (!may(name)) throw topicForbidden(name);
      return catalog.topic(name);
    },
    allows: may,
  };
}
