import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BrokerProcess, freePort, type RunningBroker, temporaryFolder } from './broker.ts';
import { cached, fingerprint, mustRun, onPath } from './cache.ts';

export const KAFKA_VERSION = '4.3.1';

export interface KafkaOptions {
  /** Folder in which temporary folders are made. */
  readonly base?: string;
  /** Broker settings on top of those below. */
  readonly overrides?: Readonly<Record<string, string>>;
  /** Largest heap, as the JVM wants it. */
  readonly heap?: string;
  readonly name?: string;
  /** Further options of the machine. */
  readonly java?: readonly string[];
}

/** Folder with the jars of Apache Kafka (broker, clients, tools), fetched by Maven the first time. */
export function kafkaJars(): string {
  const pom = join(import.meta.dirname, 'pom.xml');
  return cached('kafka-jars', fingerprint([pom]), (folder) => {
    if (!onPath('mvn') || !onPath('java')) throw new Error('Apache Kafka needs Java 17 and Maven on the PATH');
    const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${folder}`];
    mustRun('mvn', ['-B', '-q', '-f', pom, `-Dkafka.version=${KAFKA_VERSION}`, ...goal]);
  });
}

function properties(
  data: string,
  port: number,
  controller: number,
  overrides: Readonly<Record<string, string>>,
): string {
  const settings: Record<string, string> = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `CLIENTS://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': `CLIENTS://127.0.0.1:${port}`,
    'inter.broker.listener.name': 'CLIENTS',
    'listener.security.protocol.map': 'CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': join(data, 'logs'),
    // One node holds every internal topic, and groups start at once, as they do on the broker under test.
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '4',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    'auto.create.topics.enable': 'true',
    ...overrides,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

const LOGGING = `status = warn
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d %p %c %m%n
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
`;

/** Starts one node of Apache Kafka (KRaft, broker and controller in one process) with its data in a new folder. */
export async function startKafka(options: KafkaOptions = {}): Promise<RunningBroker> {
  const jars = kafkaJars();
  const data = temporaryFolder(options.base, options.name ?? 'kafka');
  const port = await freePort();
  const controller = await freePort();
  const config = join(data, 'server.properties');
  const logging = join(data, 'log4j2.properties');
  writeFileSync(config, properties(data, port, controller, options.overrides ?? {}));
  writeFileSync(logging, LOGGING);
  const java = ['-cp', join(jars, '*'), `-Dlog4j2.configurationFile=${logging}`];
  mustRun('java', [...java, 'kafka.tools.StorageTool', 'format', '-t', 'cXVhcnJ5LWNvbXBhdC0wMQ', '-c', config]);
  // The collector and its pauses are those of Kafka's own start script.
  const collector = ['-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20', '-XX:InitiatingHeapOccupancyPercent=35'];
  const machine = ['-server', `-Xmx${options.heap ?? '1g'}`, ...collector, '-Djava.awt.headless=true'];
  const name = options.name ?? 'kafka';
  const broker = new BrokerProcess({
    name,
    command: 'java',
    args: [...machine, ...(options.java ?? []), ...java, 'kafka.Kafka', config],
    data,
  });
  try {
    await broker.untilPort(port, 120_000);
  } catch (error) {
    rmSync(data, { recursive: true, force: true });
    broker.removeLog();
    throw error;
  }
  return {
    name,
    bootstrap: `127.0.0.1:${port}`,
    pid: broker.child.pid ?? 0,
    data,
    readyMs: broker.elapsedMs,
    async stop({ signal = 'SIGTERM', keep = false } = {}) {
      await broker.stop(signal);
      if (keep) return;
      rmSync(data, { recursive: true, force: true });
      broker.removeLog();
    },
  };
}
