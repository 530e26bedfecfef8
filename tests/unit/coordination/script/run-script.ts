import { describeAnswer, type Names } from './answers.ts';
import { type Actor, commands } from './commands.ts';
import type { Answer, Driver } from './driver.ts';
import { runLines } from './lines.ts';

/** Runs a script against a broker: see `runLines`, and tests/golden/coordination/README.md for the commands. */
export function runScript(script: string, driver: Driver): Promise<string> {
  const run = new ScriptRun(driver);
  return runLines(script, (line, expected) => run.execute(line, expected));
}

class ScriptRun implements Names {
  readonly #driver: Driver;
  readonly #actors = new Map<string, Actor>();
  readonly #nameById = new Map<string, string>();
  readonly #idByName = new Map<string, string>();
  readonly #waiting = new Map<string, string>();
  /** Written when all answers to a command are there: by then every member id has a name. */
  #arrived: (() => string)[] = [];

  constructor(driver: Driver) {
    this.#driver = driver;
  }

  async execute(line: string, expected: number): Promise<string[]> {
    const [verb = '', subject = '', ...rest] = line.trim().split(/\s+/);
    if (verb === 'advance') await this.#driver.advance(Number(subject));
    else if (verb === 'restart') await this.#restart();
    else if (verb === 'topic') await this.#driver.changeTopic(subject, Number(rest[0]));
    else
      this.#request(
        verb,
        subject,
        Object.fromEntries(rest.map((word) => [word.split('=')[0], word.slice(word.indexOf('=') + 1)])),
      );
    await this.#driver.settle(() => this.#arrived.length >= expected);
    const lines = this.#arrived.map((write) => write()).sort();
    this.#arrived = [];
    const waiting = [...this.#waiting].map(([actor, what]) => `${actor} ${what}`).sort();
    return waiting.length === 0 ? lines : [...lines, `waiting: ${waiting.join(', ')}`];
  }

  async #restart(): Promise<void> {
    this.#waiting.clear();
    await this.#driver.restart();
    this.#arrived = [];
  }

  #request(verb: string, actorName: string, words: Record<string, string>): void {
    const command = commands[verb];
    if (command === undefined) throw new Error(`unknown command ${verb}`);
    const actor = this.#actor(actorName);
    const version = Number(words['v'] ?? command.version);
    const message = command.build({
      actor,
      words,
      version,
      id: (name) => (name === '-' ? '' : (this.#idByName.get(name) ?? name)),
      group: (name) => (name === '-' ? '' : this.#driver.groupPrefix + name),
      topicId: (name) => this.#driver.topicId(name),
    });
    this.#waiting.set(actorName, verb);
    void this.#driver.send(actorName, command.api, version, message).then(
      (answer) => this.#arrive(verb, actor, answer),
      (error: unknown) => this.#arrived.push(() => `${actorName} ${verb} threw ${String(error)}`),
    );
  }

  #arrive(verb: string, actor: Actor, answer: Answer): void {
    this.#waiting.delete(actor.name);
    if (answer === undefined) {
      this.#arrived.push(() => `${actor.name} ${verb} closed`);
      return;
    }
    if (verb === 'join') this.#joined(actor, answer);
    if (verb === 'beat' || verb === 'stream') this.#beaten(actor, answer);
    this.#arrived.push(() => `${actor.name} ${verb} ${describeAnswer[verb]?.(answer, this) ?? ''}`.trimEnd());
  }

  #joined(actor: Actor, answer: Answer): void {
    if (answer.memberId !== '') this.#name(actor, answer.memberId);
    if (answer.errorCode === 0 || answer.memberId !== '') actor.memberId = answer.memberId;
    if (answer.errorCode !== 0) return;
    actor.generation = answer.generationId;
    // Versions before 7 do not tell the type; a client knows what it asked for.
    actor.protocolType = answer.protocolType ?? 'consumer';
    actor.protocolName = answer.protocolName;
  }

  #beaten(actor: Actor, answer: Answer): void {
    if (answer.errorCode !== 0) return;
    this.#name(actor, answer.memberId);
    actor.memberId = answer.memberId;
    actor.generation = answer.memberEpoch;
  }

  #name(actor: Actor, memberId: string): void {
    // Ids that the broker made end with a UUID, or are one; a client may make its own, which then is its name.
    if (this.#nameById.has(memberId) || !/-|^\w{22}$/.test(memberId)) return;
    const taken = [...this.#nameById.values()].filter((name) => name.replace(/\d+$/, '') === actor.name);
    const name = `${actor.name}${taken.length + 1}`;
    this.#nameById.set(memberId, name);
    this.#idByName.set(name, memberId);
  }

  #actor(name: string): Actor {
    const known = this.#actors.get(name);
    if (known !== undefined) return known;
    const actor: Actor = {
      name,
      group: `${this.#driver.groupPrefix}g`,
      instance: null,
      memberId: '',
      generation: -1,
      protocolType: null,
      protocolName: null,
    };
    this.#actors.set(name, actor);
    return actor;
  }

  member(memberId: string): string {
    return this.#nameById.get(memberId) ?? (memberId === '' ? '-' : memberId);
  }

  group(groupId: string): string {
    return groupId.slice(this.#driver.groupPrefix.length);
  }

  isOwn(groupId: string): boolean {
    return groupId.startsWith(this.#driver.groupPrefix);
  }

  topic({ name, topicId }: { name: string; topicId: string }): string {
    if (name !== '') return name;
    return this.#driver.topicName(topicId) ?? topicId;
  }
}
