/**
 * `answer`, or `instead` once `signal` is aborted: the connection is gone or the server stops. What was asked goes on in the
 * coordinator either way, since a member that waits is alive until its session ends.
 */
export function orWhenAborted<T>(answer: Promise<T>, signal: AbortSignal, instead: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => resolve(instead());
    if (signal.aborted) {
      onAbort();
      return;
    }
    signal.addEventListener('abort', onAbort, { once: true });
    void answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
