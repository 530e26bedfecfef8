import type { Api } from '../../../../protocol/schema/index.ts';
import { runLines } from '../script/lines.ts';
import { type Answer, describeAnswer, type Names } from './answers.ts';
import { type Actor, commands } from './commands.ts';

/** What a script is run against: our broker, or any other over the wire. */
export interface ShareDriver {
  /** Creates the topic; its name may differ, so that runs on one broker do not meet. */
  createTopic(name: string, partitions: number): Promise<void>;
  deleteTopic(name: string): Promise<void>;
  topicName(name: string): string;
  /** Of a topic that is not there: some id. */
  topicId(name: string): string;
  /** What group ids begin with. */
  readonly groupPrefix: string;
  /** Sends a request on the actor's own connection. */
  send(actor: string, api: Api, version: number, message: object): Promise<Answer>;
  /** Lets everything happen that happens without time passing. Over the wire, waits until the expected answers are there. */
  settle(expectedArrived: () => boolean): Promise<void>;
  advance(ms: number): Promise<void>;
  /** Ends the actor's connection. */
  disconnect(actor: string): Promise<void>;
  restart(): Promise<void>;
}

/** Runs a script against a broker: see `runLines`, and tests/golden/coordination/share/README.md for the commands. */
export function runShareScript(script: string, driver: ShareDriver): Promise<string> {
  const run = new ShareScriptRun(driver);
  return runLines(script, (line, expected) => run.execute(line, expected));
}

/** More than `group.share.assignment.interval.ms`. */
const ASSIGNMENT_MS = 1300;

class ShareScriptRun implements Names {
  readonly #driver: ShareDriver;
  readonly #actors = new Map<string, Actor>();
  readonly #waiting = new Map<string, string>();
  #arrived: string[] = [];

  constructor(driver: ShareDriver) {
    this.#driver = driver;
  }

  async execute(line: string, expected: number): Promise<string[]> {
    const [verb = '', subject = '', ...rest] = line.trim().split(/\s+/);
    const words: Record<string, string> = { '': subject };
    for (const word of rest) words[word.split('=')[0] ?? ''] = word.slice(word.indexOf('=') + 1);
    await this.#act(verb, subject, words);
    await this.#driver.settle(() => this.#arrived.length >= expected);
    const answers = this.#arrived.sort();
    this.#arrived = [];
    const waiting = [...this.#waiting].map(([actor, what]) => `${actor} ${what}`).sort();
    return waiting.length === 0 ? answers : [...answers, `waiting: ${waiting.join(', ')}`];
  }

  async #act(verb: string, subject: string, words: Record<string, string>): Promise<void> {
    switch (verb) {
      case 'advance':
        return this.#driver.advance(Number(subject));
      case 'restart':
        this.#waiting.clear();
        return this.#driver.restart();
      case 'topic':
        return this.#driver.createTopic(subject, Number(words['partitions'] ?? 1));
      case 'delete-topic':
        return this.#driver.deleteTopic(subject);
      case 'disconnect':
        this.#waiting.delete(subject);
        return this.#driver.disconnect(subject);
      case 'join':
        return this.#join(subject, words);
      default:
        return this.#request(verb, subject, words);
    }
  }

  /** Joins the group and waits until the assignment is there, which takes Kafka an assignment interval. */
  async #join(subject: string, words: Record<string, string>): Promise<void> {
    this.#request('heartbeat', subject, { ...words, epoch: '0' });
    await this.#driver.settle(() => this.#arrived.length > 0);
    this.#arrived = [];
    await this.#driver.advance(ASSIGNMENT_MS);
    this.#request('heartbeat', subject, words);
  }

  #request(verb: string, subject: string, words: Record<string, string>): void {
    const command = commands[verb];
    if (command === undefined) throw new Error(`unknown command ${verb}`);
    const actor = this.#actor(subject);
    const version = Number(words['v'] ?? command.version);
    const message = command.build({
      actor,
      words,
      version,
      groupId: (name) => (name === '-' ? '' : this.#driver.groupPrefix + name),
      topicName: (name) => this.#driver.topicName(name),
      topicId: (name) => this.#driver.topicId(name),
    });
    this.#waiting.set(subject, verb);
    void this.#driver.send(subject, command.api, version, message).then(
      (answer) => this.#arrive(verb, actor, answer, words),
      (error: unknown) => {
        this.#waiting.delete(subject);
        this.#arrived.push(`${subject} ${verb} threw ${String(error)}`);
      },
    );
  }

  #arrive(verb: string, actor: Actor, answer: Answer, words: Record<string, string>): void {
    this.#waiting.delete(actor.name);
    if (answer === undefined) {
      this.#arrived.push(`${actor.name} ${verb} closed`);
      return;
    }
    if (verb === 'heartbeat' && answer.errorCode === 0) actor.memberEpoch = Math.max(0, answer.memberEpoch);
    if ((verb === 'fetch' || verb === 'ack') && answer.errorCode === 0 && words['member'] === undefined) {
      const asked = Number(words['epoch'] ?? actor.sessionEpoch);
      actor.sessionEpoch = asked < 0 ? 0 : asked + 1;
    }
    this.#arrived.push(`${actor.name} ${verb} ${describeAnswer[verb]?.(answer, this) ?? ''}`.trimEnd());
  }

  #actor(name: string): Actor {
    const known = this.#actors.get(name);
    if (known !== undefined) return known;
    const memberId = Buffer.alloc(16, `member-${name}`).toString('base64url');
    const actor = { name, memberId, memberEpoch: 0, sessionEpoch: 0 };
    this.#actors.set(name, actor);
    return actor;
  }

  member(memberId: string): string {
    for (const actor of this.#actors.values()) if (actor.memberId === memberId) return actor.name;
    return memberId;
  }

  group(groupId: string): string {
    return groupId.slice(this.#driver.groupPrefix.length);
  }

  isOwn(groupId: string): boolean {
    return groupId.startsWith(this.#driver.groupPrefix);
  }

  topicById(topicId: string): string {
    return ['t', 'u', 'w'].find((name) => this.#driver.topicId(name) === topicId) ?? 'unknown';
  }

  topicByName(name: string): string {
    return ['t', 'u', 'w'].find((known) => this.#driver.topicName(known) === name) ?? name;
  }
}
