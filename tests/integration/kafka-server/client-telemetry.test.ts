import { expect, test } from 'vitest';
import {
  apiVersionsApi,
  getTelemetrySubscriptionsApi,
  incrementalAlterConfigsApi,
  pushTelemetryApi,
} from '../../../protocol/messages/index.ts';
import { Broker } from '../../../src/broker/broker.ts';
import { gauge, metricsData } from '../../unit/protocol/otlp/encode.ts';
import { RawClient } from '../../unit/kafka/wire.ts';

const CLIENT_METRICS = 16;
const NO_ID = 'AAAAAAAAAAAAAAAAAAAAAA';

test('what a client pushes is shown on /metrics while it is connected', async () => {
  await using broker = await Broker.start();
  const client = new RawClient(Number(broker.bootstrap.split(':')[1]));
  await client.call(apiVersionsApi, 4, { clientSoftwareName: 'my-client', clientSoftwareVersion: '7.1' });
  const configs = { metrics: 'org.', match: 'client_software_name=my-.*,client_software_version=7[.]1' };
  const changes = Object.entries(configs).map(([name, value]) => ({ name, value, configOperation: 0 }));
  const resources = [{ resourceType: CLIENT_METRICS, resourceName: 'mine', configs: changes }];
  await client.call(incrementalAlterConfigsApi, 1, { resources, validateOnly: false });

  const subscribed = await client.call(getTelemetrySubscriptionsApi, 0, { clientInstanceId: NO_ID });
  expect(subscribed).toMatchObject({
    errorCode: 0,
    requestedMetrics: ['org.'],
    acceptedCompressionTypes: [4, 3, 1, 2],
  });
  const { clientInstanceId, subscriptionId } = subscribed;
  const push = { clientInstanceId, subscriptionId, terminating: false, compressionType: 0 };
  const metrics = metricsData(gauge('org.apache.rate', 7));
  expect(await client.call(pushTelemetryApi, 0, { ...push, metrics })).toMatchObject({ errorCode: 0 });

  const shown = async () =>
    (await (await fetch(`http://${broker.httpAddress}/metrics`)).text()).includes('org.apache.rate');
  expect(await shown()).toBe(true);
  client.socket.destroy();
  await client.ended();
  await expect.poll(shown).toBe(false);
});
