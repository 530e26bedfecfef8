import type { HealthPart, HttpDeps } from '../deps.ts';
import type { Reply, Route } from '../route.ts';
import { anyObject, JSON_TYPE, object, text } from '../schemas.ts';

type HealthDeps = Pick<HttpDeps, 'health' | 'metrics' | 'workerMetrics'>;

/** The worst status of any part. */
export function overall(parts: readonly HealthPart[]): HealthPart['status'] {
  if (parts.some(({ status }) => status === 'failing')) return 'failing';
  return parts.some(({ status }) => status === 'degraded') ? 'degraded' : 'ok';
}

const JSON_ANSWER = { contentType: JSON_TYPE, schema: object({ status: text, parts: anyObject }) };
const COMMON = { methods: ['GET'], tag: 'health', always: true } as const;
const PROBE = { ...COMMON, open: true, answer: { contentType: JSON_TYPE, schema: object({ status: text }) } } as const;
const UNWELL = { 503: 'Some part fails; the body says which and why.' };

const VALUES: Readonly<Record<HealthPart['status'], number>> = { ok: 0, degraded: 1, failing: 2 };

/** Asks all parts how they are, and shows it among the metrics. */
async function look({ health, metrics }: HealthDeps): Promise<readonly HealthPart[]> {
  const parts = await health.parts();
  const help = 'How a part is, when it was looked at last: 0 ok, 1 degraded, 2 failing.';
  for (const { name, status } of parts) metrics.gauge('quarry_health', help, { part: name }).set(VALUES[status]);
  return parts;
}

/** Health for people and for whoever restarts processes, and Prometheus metrics. */
export function healthRoutes(deps: HealthDeps): Route[] {
  async function report(): Promise<Reply> {
    const parts = await look(deps);
    const status = overall(parts);
    const described = parts.map(({ name, ...part }) => [name, part] as const);
    return { status: status === 'failing' ? 503 : 200, body: { status, parts: Object.fromEntries(described) } };
  }

  async function ready(): Promise<Reply> {
    const parts = await look(deps);
    const failing = parts.filter(({ status }) => status === 'failing');
    const reasons = failing.map(({ name, reason }) => `${name}: ${reason ?? 'failing'}`);
    return {
      status: failing.length === 0 ? 200 : 503,
      body: { status: failing.length === 0 ? 'ready' : 'not ready', reasons },
    };
  }

  async function metrics(): Promise<Reply> {
    // Who scrapes does not wait for a store that is gone: the next scrape shows it.
    void look(deps).catch(() => {});
    const others = await deps.workerMetrics();
    return { text: await deps.metrics.text(others), contentType: 'text/plain; version=0.0.4; charset=utf-8' };
  }

  return [
    {
      ...COMMON,
      path: '/health',
      needs: 'describe',
      summary: 'Health of every part, with reasons',
      answer: JSON_ANSWER,
      otherStatuses: UNWELL,
      handle: report,
    },
    {
      ...PROBE,
      path: '/health/live',
      summary: 'Whether the process answers at all',
      handle: () => ({ body: { status: 'live' } }),
    },
    {
      ...PROBE,
      path: '/health/ready',
      summary: 'Whether it can serve',
      otherStatuses: UNWELL,
      handle: ready,
    },
    {
      ...COMMON,
      path: '/metrics',
      needs: 'describe',
      summary: 'Metrics of all threads in the Prometheus text format',
      answer: { contentType: 'text/plain', schema: text },
      handle: metrics,
    },
  ];
}
