import { randomBytes } from 'node:crypto';
import { scheduler } from 'node:timers/promises';

/** What a case gets: the broker, and names that no other case and no other run uses. */
export interface CaseContext {
  readonly bootstrap: string;
  /** A fresh name for a topic or a group. */
  name(what: string): string;
  /** Registers something to be closed when the case ends, however it ends. */
  defer(close: () => Promise<unknown>): void;
}

export interface Case {
  readonly name: string;
  run(context: CaseContext): Promise<void>;
  /** Time after which the case has failed; 30 s when missing. */
  readonly timeoutMs?: number;
}

const bootstrap = process.env['BOOTSTRAP'] ?? '127.0.0.1:9092';
const prefix = process.env['PREFIX'] ?? `c${randomBytes(3).toString('hex')}-`;

function emit(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function within<T>(work: Promise<T>, timeoutMs: number, what: string): Promise<T> {
  const finished = new AbortController();
  const timeout = scheduler.wait(timeoutMs, { signal: finished.signal }).then(() => {
    throw new Error(`${what}: no end within ${timeoutMs} ms`);
  });
  timeout.catch(() => undefined);
  try {
    return await Promise.race([work, timeout]);
  } finally {
    finished.abort();
  }
}

async function runCase(client: string, one: Case): Promise<void> {
  const closers: (() => Promise<unknown>)[] = [];
  let names = 0;
  const context: CaseContext = {
    bootstrap,
    name: (what) => `${prefix}${one.name}-${what}${++names}`,
    defer: (close) => closers.push(close),
  };
  const began = process.hrtime.bigint();
  let detail = '';
  try {
    await within(one.run(context), one.timeoutMs ?? 30_000, one.name);
  } catch (error) {
    detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    if (detail === '') detail = 'failed without a message';
  }
  const ms = Number((process.hrtime.bigint() - began) / 1_000_000n);
  emit({ client, case: one.name, ok: detail === '', detail, ms });
  for (const close of closers.reverse()) await within(close(), 5000, 'close').catch(() => undefined);
}

/** Prints the plan, runs the cases (a few at a time) and prints a line for each; then ends the process. */
export async function runCases(client: string, cases: readonly Case[], atOnce = 4): Promise<never> {
  const only = new RegExp(process.env['ONLY'] ?? '');
  const wanted = cases.filter((one) => only.test(one.name));
  emit({ client, plan: wanted.map((one) => one.name) });
  process.on('uncaughtException', (error) => process.stderr.write(`uncaught: ${error.stack}\n`));
  process.on('unhandledRejection', (error) => process.stderr.write(`unhandled: ${String(error)}\n`));
  const queue = [...wanted];
  const worker = async (): Promise<void> => {
    for (let one = queue.shift(); one !== undefined; one = queue.shift()) await runCase(client, one);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  process.exit(0);
}

/** Throws unless the two have the same JSON form. */
export function same(actual: unknown, expected: unknown, what: string): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what}: got ${a?.slice(0, 300)}, want ${b?.slice(0, 300)}`);
}

/** Throws unless the condition holds. */
export function holds(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(what);
}

/** Waits until the condition holds; throws with `what` after `timeoutMs`. */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  what: string,
  timeoutMs = 20_000,
): Promise<void> {
  const end = process.hrtime.bigint() + BigInt(timeoutMs) * 1_000_000n;
  while (!(await condition())) {
    if (process.hrtime.bigint() > end) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await scheduler.wait(50);
  }
}

/** Expects the promise to be rejected, with a message or type that matches. */
export async function rejects(work: Promise<unknown>, pattern: RegExp, what: string): Promise<void> {
  const outcome = await work.then(
    () => undefined,
    (error: unknown) => describeError(error),
  );
  if (outcome === undefined) throw new Error(`${what}: succeeded, want an error like ${pattern}`);
  if (!pattern.test(outcome)) throw new Error(`${what}: got ${outcome.slice(0, 300)}, want ${pattern}`);
}

/** Everything that names an error, of its causes and parts too. */
function describeError(error: unknown, depth = 0): string {
  if (!(error instanceof Error) || depth > 5) return String(error);
  const more = error as { cause?: unknown; errors?: unknown[]; type?: string; apiId?: string };
  const parts = [more.cause, ...(more.errors ?? [])].filter((part) => part !== undefined);
  const own = `${error.name} ${error.message} ${more.type ?? ''} ${more.apiId ?? ''}`;
  return [own, ...parts.map((part) => describeError(part, depth + 1))].join(' | ');
}
