/** A real Prometheus scrapes the broker, and every expression of the dashboard in docs/grafana has something to show. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { scheduler } from 'node:timers/promises';
import { root } from '../brokers/cache.ts';
import { type Case, type CaseContext, eventually, holds, runCases, same } from '../harness.ts';
import { Clients } from '../kafkajs/clients.ts';
import { prometheusPrograms } from './installed.ts';
import { PrometheusServer } from './server.ts';

const http = process.env['HTTP'] ?? '127.0.0.1:9200';

/** Shown only where something fails, or where objects or the catalog are elsewhere: this broker has no such thing. */
const ABSENT =
  /quarry_(job_(failures|retries|successes_after_retry)_total|processor_corrupt_total|catalog_pool_\w+|objects_cache_\w+)/;

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets?: readonly { readonly expr: string }[] }[];
}

async function post(path: string, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`http://${http}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  const said = await answer.text();
  if (!answer.ok) throw new Error(`${path}: ${said}`);
}

/** Some of everything that the dashboard shows, until `done`. */
async function work(context: CaseContext, done: () => boolean): Promise<void> {
  const clients = new Clients(context);
  const topic = await clients.topic(2, { 'quarry.table': 'true' });
  const compacted = await clients.topic(1, { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0.01' });
  const producer = await clients.producer();
  const transactional = await clients.producer({ transactionalId: context.name('tx'), maxInFlightRequests: 1 });
  await clients.run(await clients.consumer({ groupId: context.name('group') }), [topic], true);
  for (let round = 0; !done(); round++) {
    const messages = Array.from({ length: 20 }, (_none, n) => ({ value: JSON.stringify({ n, level: 'error' }) }));
    await producer.send({ topic, messages });
    await producer.send({ topic: compacted, messages: [{ key: 'key', value: `${round}` }] });
    const transaction = await transactional.transaction();
    await transaction.send({ topic, messages: [{ value: 'of a transaction' }] });
    await (round % 2 === 0 ? transaction.commit() : transaction.abort());
    await post(`/${topic}/_search`, { query: { match: { level: 'error' } } });
    await post('/sql', { sql: `SELECT count(*) FROM "${topic}"` });
    await fetch(`http://${http}/iceberg/v1/namespaces/topics/tables/${topic}`).then((answer) => answer.text());
    await nonsense(context.bootstrap);
    await scheduler.wait(200);
  }
}

/** A connection that the broker closes, because what it is sent is no request. */
async function nonsense(bootstrap: string): Promise<void> {
  const [host = '', port = ''] = bootstrap.split(':');
  const socket = connect(Number(port), host);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.on('error', () => {});
  socket.end(Buffer.concat([Buffer.from([0, 0, 0, 40]), randomBytes(40)]));
  socket.resume();
  await closed;
}

/** What an expression of the dashboard is where Grafana has filled it in. */
const filledIn = (expr: string): string =>
  expr.replaceAll('$instance', '.*').replaceAll('$__rate_interval', '30s').replaceAll('[1h]', '[5m]');

const cases: readonly Case[] = [
  {
    name: 'metrics-are-as-prometheus-wants-them',
    async run() {
      const input = await (await fetch(`http://${http}/metrics`)).text();
      const { status, stdout, stderr } = spawnSync(prometheusPrograms().promtool, ['check', 'metrics'], { input });
      same([status, String(stdout) + String(stderr)], [0, ''], 'promtool check metrics');
    },
  },
  {
    name: 'every-expression-of-the-dashboard-has-data',
    timeoutMs: 150_000,
    async run(context) {
      const server = await PrometheusServer.start(context, http);
      const text = readFileSync(join(root, 'docs', 'grafana', 'quarry.json'), 'utf8');
      const expressions = (JSON.parse(text) as Dashboard).panels.flatMap(({ title, targets = [] }) =>
        targets.map(({ expr }) => ({ title, expr })),
      );
      holds(expressions.length > 60, `${expressions.length} expressions`);
      let enough = false;
      const working = work(context, () => enough);
      let empty: string[] = [];
      try {
        await eventually(
          async () => {
            empty = [];
            for (const { title, expr } of expressions)
              if (!ABSENT.test(expr) && (await server.ask(filledIn(expr))).length === 0)
                empty.push(`${title}: ${expr}`);
              else if (ABSENT.test(expr)) await server.ask(filledIn(expr));
            return empty.length === 0;
          },
          'data for all expressions',
          100_000,
        ).catch((error: unknown) => {
          throw new Error(`${String(error)}\n${empty.join('\n')}`);
        });
      } finally {
        enough = true;
        await working;
      }
    },
  },
];

await runCases('prometheus', cases, 1);
