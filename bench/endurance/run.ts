// `npm run endurance`: produces at a steady rate with table and search on, samples the broker, and checks that all is found at the end.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scheduler } from 'node:timers/promises';
import { startQuarry } from '../../compat-tests/brokers/quarry.ts';
import { librdkafka, type Moved, trickle } from '../load.ts';
import { RECORD_BYTES } from '../payload.ts';
import { type EnduranceOptions, parseOptions } from './options.ts';
import { type Moment, Sampler } from './sampler.ts';
import { courseOf, pictureOf, thirds } from './summary.ts';

const SAMPLE_MS = 5000;
const TOPIC = 'endurance';
const PARTITIONS = 6;
/** For search and table to hold all records after the last ack. */
const SETTLE_MS = 180_000;

function say(moment: Moment, before: Moment): void {
  const rate = ((moment.produced - before.produced) * RECORD_BYTES) / 1e6 / (moment.seconds - before.seconds);
  const behind = `search ${moment.produced - moment.indexed}, table ${moment.produced - moment.rows} records behind`;
  const memory = `${Math.round(moment.residentBytes / 2 ** 20)} MiB`;
  process.stderr.write(`${moment.seconds.toFixed(0).padStart(5)} s  ${rate.toFixed(1)} MB/s  ${behind}, ${memory}\n`);
}

/** Samples every few seconds until `until` says so; gives the moments. */
async function sampled(sampler: Sampler, until: (moment: Moment) => boolean): Promise<Moment[]> {
  const moments = [await sampler.moment()];
  for (let last = moments[0]!; !until(last); ) {
    await scheduler.wait(SAMPLE_MS);
    const next = await sampler.moment();
    say(next, last);
    moments.push(next);
    last = next;
  }
  return moments;
}

async function answerOf<T>(url: string, body?: object): Promise<T> {
  const request = body && {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
  const answer = await fetch(url, request);
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${(await answer.text()).slice(0, 300)}`);
  return (await answer.json()) as T;
}

/** Every acknowledged record is a search hit and a row. */
async function checkAll(http: string, sampler: Sampler, records: number): Promise<void> {
  const limit = process.hrtime.bigint() + BigInt(SETTLE_MS) * 1_000_000n;
  for (let { rows, indexed } = await sampler.moment(); rows < records || indexed < records; ) {
    if (process.hrtime.bigint() > limit) throw new Error(`of ${records} records ${indexed} are indexed, ${rows} rows`);
    await scheduler.wait(1000);
    ({ rows, indexed } = await sampler.moment());
  }
  const search = `http://${http}/${TOPIC}/_search?size=0&track_total_hits=true`;
  const { hits } = await answerOf<{ hits: { total: { value: number; relation: string } } }>(search);
  const { total } = hits;
  if (total.value !== records || total.relation !== 'eq')
    throw new Error(`a search finds ${total.value} (${total.relation}) of ${records} records`);
}

async function produced(options: EnduranceOptions): Promise<{ moments: Moment[]; moved: Moved }> {
  const flags = ['--log.level', 'warn', '--table=true', '--search=true', '--log.retention.ms=-1'];
  const broker = await startQuarry({ ...(options.dir === '' ? {} : { base: options.dir }), flags });
  const http = broker.http ?? '';
  const sampler = new Sampler(broker.bootstrap, http, TOPIC);
  try {
    await sampler.open();
    await librdkafka('topic', broker.bootstrap, TOPIC, `${PARTITIONS}`);
    const load = trickle(broker.bootstrap, TOPIC, options.rate);
    const moments = await sampled(sampler, ({ seconds }) => seconds >= options.minutes * 60);
    const moved = await load.stop();
    await checkAll(http, sampler, moved.bytes / RECORD_BYTES);
    return { moments, moved };
  } finally {
    await sampler.close();
    await broker.stop();
  }
}

const options = parseOptions(process.argv.slice(2));
const { moments, moved } = await produced(options);
const course = courseOf(moments, options.rate);
const title = `${options.rate / 1e6} MB/s for ${options.minutes} minutes, with table and search`;
const folder = join(import.meta.dirname, '..', 'results');
mkdirSync(folder, { recursive: true });
const name = new Date().toISOString().replaceAll(':', '-');
writeFileSync(join(folder, `endurance-${name}.json`), JSON.stringify({ options, moved, moments }, undefined, 1));
if (options.svg !== '') writeFileSync(options.svg, pictureOf(title, course));
process.stdout.write(
  `${title}: ${moved.bytes / RECORD_BYTES} records, all found and in the table\n\n${thirds(course)}`,
);
