import { systemClock } from '../../../src/base/clock.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { type CatalogLog, TopicCatalog } from '../../../src/log/catalog.ts';
import { BrokerConfigs, type BrokerSetting } from '../../../src/log/catalog-brokers.ts';
import { anyText, int } from '../../../src/log/topic-configs-types.ts';
import type { LogConfig, TopicSpec } from '../../../src/log/types.ts';
import { openInlineSqlite } from '../../../src/metadata/sqlite-inline.ts';
import type { SqlEngine } from '../../../src/metadata/types.ts';

/** What a log was told, topic by topic. */
export class TopicRecorder implements CatalogLog {
  readonly topics = new Map<string, TopicSpec>();
  readonly calls: string[] = [];

  createTopic(spec: TopicSpec): void {
    this.topics.set(spec.topicId, spec);
    this.calls.push(`create ${spec.name} ${spec.partitions}`);
  }

  addPartitions(topicId: string, total: number): void {
    this.topics.set(topicId, { ...this.topics.get(topicId)!, partitions: total });
    this.calls.push(`partitions ${total}`);
  }

  configureTopic(topicId: string, config: LogConfig): void {
    this.topics.set(topicId, { ...this.topics.get(topicId)!, config });
    this.calls.push(`configure ${this.topics.get(topicId)?.name}`);
  }

  deleteTopic(topicId: string): void {
    this.topics.delete(topicId);
    this.calls.push('delete');
  }

  /** The config of the topic with this name. */
  config(name: string): LogConfig | undefined {
    return [...this.topics.values()].find((topic) => topic.name === name)?.config;
  }
}

export const NODE_ID = 1;

const setting = (name: string, value: string, byDefault: string, more: Partial<BrokerSetting> = {}): BrokerSetting => ({
  name,
  type: 'long',
  value,
  default: byDefault,
  doc: `What ${name} does.`,
  sensitive: false,
  dynamic: undefined,
  ...more,
});

const settings: readonly BrokerSetting[] = [
  setting('log.retention.ms', '604800000', '604800000'),
  setting('message.max.bytes', '2000000', '1048588', { type: 'int' }),
  setting('num.partitions', '1', '1', { type: 'int' }),
  setting('log.cleanup.policy', 'delete', 'delete', { type: 'list' }),
  setting('max.connections', '5', '5', { type: 'int', dynamic: int(0) }),
  setting('one.broker', 'a', 'a', { type: 'string', dynamic: anyText, only: 'broker' }),
  setting('all.brokers', 'a', 'a', { type: 'string', dynamic: anyText, only: 'all' }),
  setting('some.password', '', '', { type: 'string', value: null, sensitive: true }),
];

export interface CatalogWorld {
  readonly sql: SqlEngine;
  readonly log: TopicRecorder;
  readonly catalog: TopicCatalog;
}

/** A catalog over SQL in memory and a log that only listens. With `sql`, another start over the same store. */
export async function openWorld(
  sql: SqlEngine = openInlineSqlite(':memory:'),
  onChange: (changed: ReadonlyMap<string, string>) => void = () => {},
): Promise<CatalogWorld> {
  const brokers = new BrokerConfigs(NODE_ID, settings);
  brokers.onChange(onChange);
  const log = new TopicRecorder();
  const catalog = await TopicCatalog.open({ sql, log, clock: systemClock, random: seededRandom(5), brokers });
  for (const spec of catalog.specs()) log.topics.set(spec.topicId, spec);
  return { sql, log, catalog };
}
