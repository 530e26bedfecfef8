import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findCoordinatorApi, shareGroupHeartbeatApi } from '../protocol/messages/index.ts';
import { ShareSocketDriver } from '../tests/integration/groups/share-socket-driver.ts';
import { runShareScript } from '../tests/unit/coordination/share-script/run-script.ts';
import { startKafka } from './brokers/kafka.ts';
import { chosenScripts } from './chosen-scripts.ts';

const folder = join(import.meta.dirname, '..', 'tests', 'golden', 'coordination', 'share');

/** The settings of the scripts. */
const SETTINGS = {
  'auto.create.topics.enable': 'false',
  'group.share.min.record.lock.duration.ms': '1000',
  'group.share.record.lock.duration.ms': '3000',
  'group.share.min.session.timeout.ms': '1000',
  'group.share.session.timeout.ms': '6000',
  'group.share.min.heartbeat.interval.ms': '500',
  'group.share.heartbeat.interval.ms': '2000',
  'share.coordinator.state.topic.num.partitions': '2',
};

/** Time that Apache Kafka gets after each command: it tells its coordinators after it has answered. */
const PAUSE_MS = 150;

/** Waits until the broker has made its internal topics and answers for every group. */
async function untilLoaded(driver: ShareSocketDriver): Promise<void> {
  await driver.createTopic('warm', 1);
  for (let ready = 0; ready < 16; ) {
    const groupId = `probe-${ready}`;
    await driver.send('probe', findCoordinatorApi, 4, { keyType: 0, coordinatorKeys: [groupId] });
    const member = { groupId, memberId: 'm', memberEpoch: 0, subscribedTopicNames: [driver.topicName('warm')] };
    const answer = await driver.send('probe', shareGroupHeartbeatApi, 1, member);
    if (answer.errorCode === 0) ready++;
    else await driver.advance(200);
  }
  // The first share partitions take their time, too.
  await driver.advance(3000);
}

/** Runs scripts of share groups against Apache Kafka; prints which differ, or with `--write` takes over what it answered. */
async function main(names: readonly string[], write: boolean): Promise<void> {
  const kafka = await startKafka({ heap: '256m', overrides: SETTINGS });
  const port = Number(kafka.bootstrap.split(':').pop());
  try {
    const warm = new ShareSocketDriver('warm-', PAUSE_MS);
    warm.port = port;
    await untilLoaded(warm);
    warm.close();
    for (const name of names) {
      const expected = readFileSync(join(folder, name), 'utf8');
      const driver = new ShareSocketDriver(`${name}-`, PAUSE_MS);
      driver.port = port;
      const actual = await runShareScript(expected, driver);
      driver.close();
      process.stdout.write(`${actual === expected ? 'same' : 'DIFFERS'} ${name}\n`);
      if (write) writeFileSync(join(folder, name), actual);
    }
  } finally {
    await kafka.stop();
  }
}

const { names, write } = chosenScripts(folder);
await main(names, write);
