import kafkajs from 'kafkajs';
import { startQuarryAs, USERS } from '../brokers/profiles.ts';
import { type Case, type CaseContext, holds, same } from '../harness.ts';
import { Clients } from '../kafkajs/clients.ts';
import { Engine } from './engine.ts';
import { pythonWithIceberg, pythonWithSpark } from './python.ts';
import { WrittenTopic } from './written-topic.ts';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

type Open = (uri: string, user: string, password: string) => Engine;

const pyiceberg: Open = (uri, ...login) => new Engine(pythonWithIceberg(), 'pyiceberg_engine.py', uri, ...login);
const spark: Open = (uri, ...login) => {
  const { python, jars } = pythonWithSpark();
  return new Engine(python, 'spark_engine.py', uri, jars, ...login);
};

/** What an engine is told, be it at its start. */
async function refusal(engine: Engine, table: string): Promise<string> {
  try {
    await engine.read(table);
    return 'it reads the table';
  } catch (error) {
    return String(error);
  }
}

/** An engine logs in as a user of SASL: it sees what that user may, and with a wrong password nothing. */
const logsIn = (name: string, open: Open): Case => ({
  name: `${name}-logs-in-with-http-basic`,
  timeoutMs: 400_000,
  async run(context: CaseContext) {
    const broker = await startQuarryAs('secured', { flags: ['--memtable.flush.interval.ms=300'] });
    context.defer(() => broker.stop());
    const sasl = { mechanism: 'plain', username: 'admin', password: USERS.admin } as const;
    const clients = new Clients({ ...context, bootstrap: broker.bootstrap }, sasl);
    const topic = await WrittenTopic.create(context, {}, clients);
    const rule = {
      host: '*',
      resourcePatternType: ResourcePatternTypes.LITERAL,
      permissionType: AclPermissionTypes.ALLOW,
    };
    const of = { resourceType: AclResourceTypes.TOPIC, resourceName: topic.name, principal: 'User:alice' };
    await (await clients.admin()).createAcls({ acl: [{ ...rule, ...of, operation: AclOperationTypes.READ }] });
    const uri = `http://${broker.http}/iceberg`;
    const as = (user: string, password: string): Engine => {
      const engine = open(uri, user, password);
      context.defer(() => engine.stop());
      return engine;
    };
    await topic.write();
    const alice = as('alice', USERS.alice);
    await topic.settled(alice);
    same(
      await alice.read(topic.name, { first: 20 }),
      topic.rows().filter(([, offset]) => offset >= 20),
      'rows of alice',
    );
    const bob = await refusal(as('bob', USERS.bob), topic.name);
    holds(/Forbidden|NotAuthorized|not authorized|NoSuchTable|TABLE_OR_VIEW_NOT_FOUND/i.test(bob), `bob: ${bob}`);
    const wrong = await refusal(as('alice', USERS.bob), topic.name);
    holds(/Unauthorized|NotAuthorized/i.test(wrong), `a wrong password: ${wrong}`);
  },
});

export const loginCases: readonly Case[] = [logsIn('pyiceberg', pyiceberg), logsIn('spark', spark)];
