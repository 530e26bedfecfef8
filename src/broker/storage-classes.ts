import { Garbage } from '../metadata/garbage.ts';
import { StorageClasses } from '../metadata/storage-classes.ts';
import { classfulStore, refusedClass } from '../base/storage-classes.ts';
import type { Scheduler } from '../processor/jobs/scheduler.ts';
import { storageClassJob, StorageClassMoves } from '../processor/storage-classes.ts';
import { tableFolder } from '../processor/tables/types.ts';
import type { BrokerParts } from './parts.ts';
import type { Storage } from './storage.ts';
import type { Topics } from './topics.ts';

/** Hands the scheduler the work that moves old objects. Throws a RangeError where the store cannot have objects in the class that is set. */
export function defineStorageClasses(
  jobs: Scheduler,
  { settings, clock, metrics, logger }: BrokerParts,
  { sql, store, locations }: Storage,
  { catalog }: Topics,
  moving: Set<string>,
): void {
  const name = settings['storage.class'];
  const kind = classfulStore(locations.objects);
  const refused = name === '' || kind === undefined ? undefined : refusedClass(kind, name);
  if (refused !== undefined) throw new RangeError(`storage.class: ${refused}`);
  if (name !== '' && store.setStorageClass === undefined)
    logger.warn({ 'storage.class': name }, 'the object store has no storage classes: objects stay as they are');
  const ruleOf = (topicId: string) => {
    const topic = catalog.byId(topicId);
    return topic && catalog.searchConfig(topic).storageClass;
  };
  const moves = new StorageClassMoves({
    classes: new StorageClasses(sql),
    garbage: new Garbage(sql),
    store,
    clock,
    metrics,
    moving,
    ruleOf,
    topics: () =>
      catalog.all().flatMap((topic) => {
        const { storageClass, table } = catalog.searchConfig(topic);
        if (storageClass === undefined) return [];
        return [
          { topicId: topic.topicId, dataFolder: table ? `${tableFolder(topic.topicId, topic.name)}/data/` : undefined },
        ];
      }),
  });
  jobs.define(storageClassJob(moves, settings['storage.class.interval.ms']));
}
