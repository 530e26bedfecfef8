import { afterEach, beforeEach, expect, test } from 'vitest';
import { describeConfigsApi, incrementalAlterConfigsApi } from '../../../protocol/messages/index.ts';
import { createLogger, type Logger } from '../../../src/base/logger.ts';
import { Broker } from '../../../src/broker/broker.ts';
import { RawClient } from '../../unit/kafka/wire.ts';

const BROKER = 4;
const LOGGER = 8;

let broker: Broker;
let client: RawClient;
let logger: Logger;

const connect = (): RawClient => new RawClient(Number(broker.bootstrap.split(':')[1]));

beforeEach(async () => {
  logger = createLogger('silent');
  broker = await Broker.start({ logger });
  client = connect();
});

afterEach(async () => {
  client.socket.destroy();
  await broker.stop();
});

async function alter(resourceType: number, name: string, value: string): Promise<number | undefined> {
  const configs = [{ name, configOperation: 0, value }];
  const resources = [{ resourceType, resourceName: '1', configs }];
  const { responses } = await client.call(incrementalAlterConfigsApi, 1, { resources, validateOnly: false });
  return responses[0]?.errorCode;
}

async function value(resourceType: number, name: string): Promise<string | null | undefined> {
  const resources = [{ resourceType, resourceName: '1', configurationKeys: [name] }];
  const { results } = await client.call(describeConfigsApi, 4, { resources });
  return results[0]?.configs[0]?.value;
}

test('a limit of connections holds from the moment that it is set', async () => {
  expect(await alter(BROKER, 'max.connections', '1')).toBe(0);
  const refused = connect();
  await refused.ended();
  expect(await alter(BROKER, 'max.connections', '2')).toBe(0);
  const welcome = connect();
  expect(await welcome.call(describeConfigsApi, 4, { resources: [] })).toMatchObject({ results: [] });
  welcome.socket.destroy();
});

test('the level of a logger changes while the broker runs', async () => {
  expect(await value(LOGGER, 'kafka')).toBe('OFF');
  expect(await alter(LOGGER, 'kafka', 'FATAL')).toBe(0);
  expect([await value(LOGGER, 'kafka'), await value(LOGGER, 'root')]).toEqual(['FATAL', 'OFF']);
  expect(logger.levels.all().get('kafka')).toBe('fatal');
});
