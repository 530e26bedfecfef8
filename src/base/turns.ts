/** Tasks one after another, in the order in which they were handed in; one that fails holds up none of the others. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `task` when all before it have ended; settles as it does. */
  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
