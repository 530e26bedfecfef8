import type { Api } from '../../../../protocol/schema/index.ts';

/** A decoded response; `undefined` when the connection was closed instead. */
// biome-ignore lint/suspicious/noExplicitAny: responses of all APIs go through here.
export type Answer = any;

/** What a script is run against: our coordinator in memory, or any broker over the wire. */
export interface Driver {
  /** Sends a request on the actor's own connection. */
  send(actor: string, api: Api, version: number, message: object): Promise<Answer>;
  /** Lets everything happen that happens without time passing; over the wire, waits until the expected answers are there. */
  settle(expectedArrived: () => boolean): Promise<void>;
  advance(ms: number): Promise<void>;
  /** Stops the broker and starts it again on its data. Requests that wait are answered or dropped. */
  restart(): Promise<void>;
  /** Makes a topic, gives it partitions, or deletes it (0 partitions). */
  changeTopic(name: string, partitions: number): Promise<void>;
  /** The id of a topic that scripts use. */
  topicId(name: string): string;
  topicName(topicId: string): string | undefined;
  /** What group ids begin with, so that runs on one broker do not meet. */
  readonly groupPrefix: string;
}
