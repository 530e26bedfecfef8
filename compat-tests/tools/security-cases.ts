import { USERS } from '../brokers/profiles.ts';
import { type Case, type CaseContext, eventually, holds, same } from '../harness.ts';
import { fileWith, server, tool } from './toolbox.ts';

function loginFile(user: keyof typeof USERS): string {
  const module = 'org.apache.kafka.common.security.plain.PlainLoginModule';
  const lines = [
    'security.protocol=SASL_PLAINTEXT',
    'sasl.mechanism=PLAIN',
    `sasl.jaas.config=${module} required username="${user}" password="${USERS[user]}";`,
  ];
  return fileWith(`${user}.properties`, `${lines.join('\n')}\n`);
}

const as = (context: CaseContext, user: keyof typeof USERS): string[] => [
  ...server(context),
  '--command-config',
  loginFile(user),
];

async function acls(context: CaseContext): Promise<void> {
  const topic = context.name('topic');
  const flags = as(context, 'admin');
  const rule = ['--allow-principal', 'User:alice', '--operation', 'Read', '--topic', topic];
  await tool('kafka-acls', [...flags, '--add', ...rule]);
  const deny = ['--deny-principal', 'User:bob', '--deny-host', '10.0.0.1', '--operation', 'All', '--topic', topic];
  await tool('kafka-acls', [...flags, '--add', ...deny]);
  const list = (): Promise<string> => tool('kafka-acls', [...flags, '--list', '--topic', topic]);
  await eventually(async () => {
    const shown = await list();
    const allowed = /principal=User:alice, host=\*, operation=READ, permissionType=ALLOW/.test(shown);
    return allowed && /principal=User:bob, host=10\.0\.0\.1, operation=ALL, permissionType=DENY/.test(shown);
  }, 'both are listed');
  await tool('kafka-acls', [...flags, '--remove', '--force', '--topic', topic]);
  await eventually(async () => !/User:alice/.test(await list()), 'removed');
}

async function conveniences(context: CaseContext): Promise<void> {
  const topic = context.name('topic');
  const flags = as(context, 'admin');
  const who = ['--allow-principal', 'User:carol', '--topic', topic];
  await tool('kafka-acls', [...flags, '--add', ...who, '--producer', '--idempotent', '--transactional-id', 'x']);
  const prefixed = ['--group', 'g', '--resource-pattern-type', 'prefixed'];
  await tool('kafka-acls', [...flags, '--add', ...who, '--consumer', ...prefixed]);
  await eventually(async () => {
    const shown = await tool('kafka-acls', [...flags, '--list', '--principal', 'User:carol']);
    return ['WRITE', 'CREATE', 'IDEMPOTENT_WRITE', 'READ', 'DESCRIBE'].every((one) =>
      shown.includes(`operation=${one}`),
    );
  }, 'the rules of a producer and a consumer');
}

async function denied(context: CaseContext): Promise<void> {
  const list = await tool('kafka-acls', [...as(context, 'alice'), '--list']).catch((error: unknown) => String(error));
  holds(/ClusterAuthorizationException/.test(list), list);
  const create = ['--create', '--topic', context.name('topic')];
  const said = await tool('kafka-topics', [...as(context, 'alice'), ...create], { exit: 1 });
  holds(/Authorization failed|authorization failed|Not authorized/.test(said), said);
}

async function wrongPassword(context: CaseContext): Promise<void> {
  const file = fileWith(
    `${context.name('wrong')}.properties`,
    'security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="alice" password="no";\n',
  );
  const said = await tool('kafka-topics', [...server(context), '--command-config', file, '--list'], { exit: 1 });
  holds(/Authentication failed/.test(said), said);
}

async function delegationTokens(context: CaseContext): Promise<void> {
  const flags = as(context, 'alice');
  const ask = (...args: string[]): Promise<string> => tool('kafka-delegation-tokens', [...flags, ...args]);
  const created = await ask('--create', '--max-life-time-period', '3600000', '--renewer-principal', 'User:bob');
  const cells = created.trim().split('\n').at(-1)?.trim().split(/\s+/) ?? [];
  const [id = '', hmac = '', owner] = cells;
  same(owner, 'User:alice', created);
  const describe = ['--describe', '--owner-principal', 'User:alice'];
  await eventually(async () => (await ask(...describe)).includes(id), 'described');
  await ask('--renew', '--renew-time-period', '-1', '--hmac', hmac);
  await ask('--expire', '--expiry-time-period', '-1', '--hmac', hmac);
  await eventually(async () => !(await ask(...describe)).includes(id), 'expired');
}

async function scramUser(context: CaseContext): Promise<void> {
  const flags = [...as(context, 'admin'), '--entity-type', 'users', '--entity-name', context.name('user')];
  await tool('kafka-configs', [...flags, '--alter', '--add-config', 'SCRAM-SHA-512=[iterations=8192,password=pencil]']);
  const described = (): Promise<string> => tool('kafka-configs', [...flags, '--describe']);
  await eventually(async () => /SCRAM-SHA-512=iterations=8192/.test(await described()), 'described');
}

/** On a broker that wants a login and has an authorizer. */
export const securityCases: readonly Case[] = [
  { name: 'kafka-acls', run: acls },
  { name: 'kafka-acls-conveniences', run: conveniences },
  { name: 'kafka-acls-denied', run: denied },
  { name: 'kafka-login-wrong-password', run: wrongPassword },
  { name: 'kafka-delegation-tokens', run: delegationTokens },
  { name: 'kafka-configs-scram-secured', run: scramUser },
];
