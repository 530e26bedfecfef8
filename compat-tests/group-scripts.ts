import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { consumerGroupHeartbeatApi, describeGroupsApi, findCoordinatorApi } from '../protocol/messages/index.ts';
import { SocketDriver } from '../tests/integration/groups/socket-driver.ts';
import { runScript } from '../tests/unit/coordination/script/run-script.ts';
import { settingsOf } from '../tests/unit/coordination/script/settings.ts';
import { startKafka } from './brokers/kafka.ts';
import { chosenScripts } from './chosen-scripts.ts';

const folder = join(import.meta.dirname, '..', 'tests', 'golden', 'coordination');

/** What a line `# settings:` of a script says, by the names of Apache Kafka. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  maxSize: ['group.max.size'],
  initialRebalanceDelayMs: ['group.initial.rebalance.delay.ms'],
  'consumer.maxSize': ['group.consumer.max.size'],
  'consumer.sessionTimeoutMs': ['group.consumer.min.session.timeout.ms', 'group.consumer.session.timeout.ms'],
  'consumer.assignmentIntervalMs': ['group.consumer.assignment.interval.ms'],
  'streams.sessionTimeoutMs': ['group.streams.min.session.timeout.ms', 'group.streams.session.timeout.ms'],
  'streams.initialRebalanceDelayMs': ['group.streams.initial.rebalance.delay.ms'],
  'streams.assignmentIntervalMs': ['group.streams.assignment.interval.ms'],
  'streams.standbyReplicas': ['group.streams.num.standby.replicas'],
};

/** Time-outs may be short, so that scripts need not wait for long. */
const BASE = {
  'num.partitions': '2',
  'group.min.session.timeout.ms': '1000',
  'group.max.session.timeout.ms': '300000',
  'group.consumer.min.heartbeat.interval.ms': '1000',
  'group.consumer.heartbeat.interval.ms': '1000',
  'group.streams.min.heartbeat.interval.ms': '1000',
  'group.streams.heartbeat.interval.ms': '1000',
};

function overridesOf(script: string): Record<string, string> {
  const settings = Object.entries(settingsOf(script));
  return Object.fromEntries(
    settings.flatMap(([name, value]) => (NAMES[name] ?? [name]).map((one) => [one, String(value)])),
  );
}

/** Runs scripts against Apache Kafka, those with the same settings on one broker; prints what differs, or with `--write` takes it over. */
async function main(names: readonly string[], write: boolean): Promise<void> {
  const scripts = names.map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));
  const bySettings = Map.groupBy(scripts, ({ text }) => JSON.stringify(overridesOf(text)));
  for (const [settings, group] of bySettings) {
    const kafka = await startKafka({ heap: '256m', overrides: { ...BASE, ...JSON.parse(settings) } });
    try {
      const driver = new SocketDriver(Number(kafka.bootstrap.split(':').pop()));
      await driver.prepare();
      await untilLoaded(driver);
      for (const { name, text } of group) {
        driver.groupPrefix = `${name}/`;
        const actual = await runScript(text, driver);
        driver.disconnect();
        process.stdout.write(`${actual === text ? 'same' : 'DIFFERS'} ${name}\n`);
        if (actual !== text && !write) process.stdout.write(differences(text, actual));
        if (write) writeFileSync(join(folder, name), actual);
      }
    } finally {
      await kafka.stop();
    }
  }
}

/** Waits until the broker has made its offsets topic and answers for every group. */
async function untilLoaded(driver: SocketDriver): Promise<void> {
  const groups = Array.from({ length: 64 }, (_, i) => `probe-${i}`);
  for (;;) {
    await driver.send('probe', findCoordinatorApi, 4, { keyType: 0, coordinatorKeys: groups });
    const answer = await driver.send('probe', describeGroupsApi, 5, { groups, includeAuthorizedOperations: false });
    if (answer.groups.every((group: { errorCode: number }) => group.errorCode === 0)) break;
    await driver.advance(200);
  }
  // The first write of each partition takes its time.
  for (const groupId of groups) {
    const member = {
      memberId: 'm',
      memberEpoch: 0,
      subscribedTopicNames: ['t'],
      topicPartitions: [],
      rebalanceTimeoutMs: 1000,
    };
    await driver.send('probe', consumerGroupHeartbeatApi, 1, { groupId, ...member });
    await driver.send('probe', consumerGroupHeartbeatApi, 1, { groupId, memberId: 'm', memberEpoch: -1 });
  }
}

function differences(expected: string, actual: string): string {
  const before = expected.split('\n');
  const after = actual.split('\n');
  const length = Math.max(before.length, after.length);
  const lines: string[] = [];
  for (let i = 0; i < length; i++)
    if (before[i] !== after[i]) lines.push(`- ${before[i] ?? ''}`, `+ ${after[i] ?? ''}`);
  return `${lines.join('\n')}\n`;
}

const { names, write } = chosenScripts(folder);
await main(names, write);
