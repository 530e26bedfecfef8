import {
  createAclsApi,
  createTopicsApi,
  deleteAclsApi,
  deleteTopicsApi,
  findCoordinatorApi,
  initProducerIdApi,
  metadataApi,
  offsetCommitApi,
  produceApi,
} from '../../protocol/messages/index.ts';
import { operationCode, permissionCode, resourceTypeCode } from '../../src/security/acl/codes.ts';
import { scheduler } from 'node:timers/promises';
import { shown } from './answer.ts';
import type { Fixture, Grant, RightsCase } from './case.ts';
import { oneRecord } from './record-cases.ts';
import type { WireConnection } from '../wire/connection.ts';

const NO_ID = 'AAAAAAAAAAAAAAAAAAAAAA';
const UNKNOWN_ID = 'bm9uZW5vbmVub25lbm9uZQ';

/** Who sets things up, and who asks. */
export interface Users {
  readonly admin: string;
  readonly asker: string;
}

/** What was answered to a case, as one line. */
export interface Outcome {
  readonly name: string;
  readonly answer: string;
}

/** Outcomes as a golden file holds them. */
export function textOf(outcomes: readonly Outcome[]): string {
  return outcomes.map(({ name, answer }) => `${name}\n  ${answer}\n`).join('');
}

/** The answers in a golden file, by the names of their cases. */
export function casesIn(text: string): ReadonlyMap<string, string> {
  const lines = text.trimEnd().split('\n');
  return new Map(lines.flatMap((name, at) => (at % 2 === 0 ? [[name, lines[at + 1]?.trim() ?? ''] as const] : [])));
}

function aclOf(grant: Grant, principal: string) {
  const [permission = '', operation = '', type = '', name = ''] = grant.split(' ');
  const prefixed = name.length > 1 && name.endsWith('*');
  return {
    resourceType: resourceTypeCode[type as keyof typeof resourceTypeCode],
    resourceName: prefixed ? name.slice(0, -1) : name,
    resourcePatternType: prefixed ? 4 : 3,
    principal,
    host: '*',
    operation: operationCode[operation as keyof typeof operationCode],
    permissionType: permissionCode[permission as keyof typeof permissionCode],
  };
}

/** Asks a broker every case, as `asker` with the rights of the case and no other; `admin` is a super user. */
export class CaseRunner implements Fixture {
  readonly #admin: WireConnection;
  readonly #users: Users;
  readonly #connect: (user: string) => Promise<WireConnection>;
  readonly #ids = new Map<string, string>();

  private constructor(admin: WireConnection, users: Users, connect: (user: string) => Promise<WireConnection>) {
    this.#admin = admin;
    this.#users = users;
    this.#connect = connect;
  }

  /** Makes what the cases refer to. */
  static async open(users: Users, connect: (user: string) => Promise<WireConnection>): Promise<CaseRunner> {
    const runner = new CaseRunner(await connect(users.admin), users, connect);
    await runner.#prepare();
    return runner;
  }

  id(topic: string): string {
    return this.#ids.get(topic) ?? UNKNOWN_ID;
  }

  async run(cases: readonly RightsCase[]): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    for (const one of cases) outcomes.push({ name: one.name, answer: await this.#answer(one) });
    return outcomes;
  }

  close(): void {
    this.#admin.close();
  }

  async #answer({ grants, api, version, request, topics = [] }: RightsCase): Promise<string> {
    const principal = `User:${this.#users.asker}`;
    await this.#create(topics);
    await this.#admin.call(createAclsApi, 3, { creations: grants.map((grant) => aclOf(grant, principal)) });
    const asker = await this.#connect(this.#users.asker);
    try {
      const names = new Map([...this.#ids].map(([name, id]) => [id, name]));
      return JSON.stringify(shown(await asker.call(api, version, request(this) as never), names));
    } catch (error) {
      return `closed: ${(error as Error).message}`;
    } finally {
      asker.close();
      await this.#forget(principal, topics);
    }
  }

  async #forget(principal: string, topics: readonly string[]): Promise<void> {
    const any = { resourceTypeFilter: 1, resourceNameFilter: null, patternTypeFilter: 1, hostFilter: null };
    const filter = { ...any, principalFilter: principal, operation: 1, permissionType: 1 };
    const others = { ...filter, principalFilter: null, resourceNameFilter: 'nowhere' };
    await this.#admin.call(deleteAclsApi, 3, { filters: [filter, others] });
    for (const name of [...topics, 'born', 'made']) {
      await this.#admin.call(deleteTopicsApi, 6, { topics: [{ name, topicId: NO_ID }], timeoutMs: 5000 });
      this.#ids.delete(name);
    }
  }

  async #prepare(): Promise<void> {
    await this.#create(['t', 'u']);
    for (const name of ['t', 'u']) {
      const partitionData = [{ index: 0, records: oneRecord() }];
      await this.#admin.call(produceApi, 9, { acks: -1, timeoutMs: 5000, topicData: [{ name, partitionData }] });
    }
    const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }];
    const topics = ['t', 'u'].map((name) => ({ name, partitions }));
    for (let tries = 0; tries < 300; tries++) {
      // The coordinator of a new cluster comes with the first who asks for it.
      await this.#admin.call(findCoordinatorApi, 4, { keyType: 0, coordinatorKeys: ['g', 'nog', 'noh'] });
      const transactions = await this.#admin.call(findCoordinatorApi, 4, { keyType: 1, coordinatorKeys: ['x', 'tx'] });
      const { topics: results } = await this.#admin.call(offsetCommitApi, 8, { groupId: 'g', memberId: '', topics });
      const committed = results.every((topic) => topic.partitions.every(({ errorCode }) => errorCode === 0));
      const producer = await this.#admin.call(initProducerIdApi, 4, {
        transactionalId: null,
        transactionTimeoutMs: 1000,
      });
      const found = transactions.coordinators.every(({ errorCode }) => errorCode === 0);
      if (committed && found && producer.errorCode === 0) return;
      await scheduler.wait(100);
    }
    throw new Error('the coordinators do not come');
  }

  /** Creates topics, and waits until a broker tells of them. */
  async #create(names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    const one = { numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] };
    await this.#admin.call(createTopicsApi, 7, { topics: names.map((name) => ({ ...one, name })), timeoutMs: 5000 });
    for (let tries = 0; tries < 100; tries++) {
      const topics = names.map((name) => ({ name, topicId: NO_ID }));
      const answer = await this.#admin.call(metadataApi, 12, { topics, allowAutoTopicCreation: false });
      for (const topic of answer.topics) if (topic.errorCode === 0) this.#ids.set(topic.name ?? '', topic.topicId);
      if (names.every((name) => this.#ids.has(name))) return;
      await scheduler.wait(50);
    }
    throw new Error(`topics ${names.join(', ')} did not come`);
  }
}
