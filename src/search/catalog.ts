import type { Topic } from '../log/catalog-topics.ts';
import type { TopicCatalog } from '../log/catalog.ts';
import type { CatalogTopic, SearchCatalog } from './topics.ts';

/** The broker's topics as a search sees them. */
export function searchCatalog(catalog: TopicCatalog): SearchCatalog {
  const describe = (topic: Topic): CatalogTopic => ({
    name: topic.name,
    topicId: topic.topicId,
    partitions: topic.partitions,
    searchable: catalog.searchConfig(topic).search,
  });
  return {
    topics: () => catalog.all().map(describe),
    topic(name) {
      const found = catalog.byName(name);
      return found === undefined ? undefined : describe(found);
    },
  };
}
