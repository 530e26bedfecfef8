import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, temporaryFolder } from '../brokers/broker.ts';
import { type CaseContext, eventually } from '../harness.ts';
import { prometheusPrograms } from './installed.ts';

/** The values of an expression, one for each line that it draws. */
export type Values = readonly string[];

/** A Prometheus that scrapes one broker every second; it ends with the case. */
export class PrometheusServer {
  readonly #url: string;

  private constructor(url: string) {
    this.#url = url;
  }

  static async start(context: CaseContext, target: string): Promise<PrometheusServer> {
    const folder = temporaryFolder(undefined, 'prometheus');
    const config = join(folder, 'prometheus.yml');
    const job = `scrape_configs:\n- job_name: quarry\n  static_configs: [{targets: ['${target}']}]\n`;
    writeFileSync(config, `global: {scrape_interval: 1s}\n${job}`);
    const address = `127.0.0.1:${await freePort()}`;
    const { prometheus } = prometheusPrograms();
    const args = [`--config.file=${config}`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=${address}`];
    const child = spawn(prometheus, args, { stdio: 'ignore' });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    context.defer(async () => {
      child.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    });
    const server = new PrometheusServer(`http://${address}`);
    await eventually(
      async () => (await server.ask('up').catch((): Values => [])).includes('1'),
      'a first scrape',
      30_000,
    );
    return server;
  }

  /** Rejects with what Prometheus has against the expression. */
  async ask(query: string): Promise<Values> {
    const answer = await fetch(`${this.#url}/api/v1/query`, { method: 'POST', body: new URLSearchParams({ query }) });
    const body = (await answer.json()) as {
      readonly error?: string;
      readonly data?: { readonly result: readonly { readonly value: readonly [number, string] }[] };
    };
    if (body.data === undefined) throw new Error(body.error ?? 'no answer');
    return body.data.result.map(({ value }) => value[1]);
  }
}
