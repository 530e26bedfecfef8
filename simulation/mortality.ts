import type { SqlEngine } from '../src/metadata/types.ts';
import { faulty } from '../src/objects/faulty.ts';
import type { ObjectStore } from '../src/objects/types.ts';

/** How the process of a simulation dies: at a request to the outside some requests from now, before or after it is done. */
export class Mortality {
  #death: { requests: number; readonly done: boolean } | undefined;
  #dead = false;

  get dead(): boolean {
    return this.#dead;
  }

  /** The process dies so many requests from now, unless it ends its work before. */
  dieAfter(requests: number, done: boolean): void {
    this.#death = { requests, done };
  }

  survive(): void {
    this.#death = undefined;
  }

  die(): void {
    this.#dead = true;
  }

  /** Another process begins. */
  revive(): void {
    this.#dead = false;
    this.#death = undefined;
  }

  /** A request, as long as the process lives. */
  async request<T>(task: () => Promise<T>): Promise<T> {
    const died = (): Error => new Error('the process has died');
    if (this.#dead) throw died();
    const death = this.#death;
    if (death === undefined || death.requests-- > 0) return task();
    this.#dead = true;
    if (death.done) await task();
    throw died();
  }

  /** The database as the process has it: it dies at transactions only. */
  sql(inner: SqlEngine): SqlEngine {
    return {
      query: (text, params) =>
        this.#dead ? Promise.reject(new Error('the process has died')) : inner.query(text, params),
      transaction: (statements) => this.request(() => inner.transaction(statements)),
      close: () => Promise.resolve(),
    };
  }

  /** The store as the process has it. */
  store(inner: ObjectStore): ObjectStore {
    return faulty(inner, (operation) => (operation === 'list' ? undefined : this.request(async () => {})));
  }
}
