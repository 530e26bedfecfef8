import { incrementalAlterConfigsApi } from '../../../protocol/messages/index.ts';
import { kafkaConfigs } from '../../../src/config/kafka-configs.ts';
import type { WireArea } from '../area.ts';
import type { World } from '../world.ts';

const BROKER = 4;

/** Whether a config takes a value while the broker runs: for this broker, and for all. */
async function set(world: World, name: string, value: string): Promise<void> {
  for (const resourceName of ['1', '']) {
    const configs = [{ name, configOperation: 0, value }];
    const resources = [{ resourceType: BROKER, resourceName, configs }];
    await world.ask(incrementalAlterConfigsApi, 1, { resources, validateOnly: true });
  }
}

/** Every broker config of Apache Kafka that has a default, set to that. */
export const brokerConfigs: WireArea = {
  name: 'broker configs',
  cases: Object.fromEntries(
    [...kafkaConfigs.values()].flatMap(({ name, default: value }) =>
      value === null ? [] : [[`${name}=${value}`, (world: World) => set(world, name, value)]],
    ),
  ),
};
