import { parseArgs } from 'node:util';
import { type Clock, sleep, systemClock } from '../../base/clock.ts';
import { BROKER_OPTIONS, BROKER_USAGE, BrokerClient, topicPath } from '../broker-client.ts';
import { type CommandIo, processIo, runCommand, UsageError } from '../command-io.ts';
import { type Hit, hitLine, timeText } from '../hit-text.ts';

const USAGE = `usage: quarry tail TOPIC [QUERY] [options]

Shows the newest records that match, then those that come, until it is interrupted.

  --lines N        records of each partition to look back at first (default 10)
  --from-beginning all records from the log start
  --interval MS    pause between looks (default 500)
  --json           one JSON document a line
${BROKER_USAGE}`;

const OPTIONS = {
  ...BROKER_OPTIONS,
  lines: { type: 'string', default: '10' },
  'from-beginning': { type: 'boolean' },
  interval: { type: 'string', default: '500' },
  json: { type: 'boolean' },
} as const;

const PAGE = 1000;
/** Partitions that one search asks for: each takes two of the queries that a request may have. */
const PARTITIONS = 200;

interface TopicAnswer {
  readonly partitions: readonly {
    readonly partition: number;
    readonly logStartOffset: number;
    readonly logEndOffset: number;
  }[];
}

/** Where to go on in each partition. */
type Positions = Map<number, number>;

/** `quarry tail`: exit code 0 when it is interrupted, 1 for a failure, 2 for a wrong call. */
export function run(args: readonly string[], io: CommandIo = processIo(), clock: Clock = systemClock): Promise<number> {
  return runCommand(args, io, USAGE, async () => {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    const [topic, ...words] = positionals;
    if (topic === undefined || /[*,]/.test(topic) || topic === '_all') throw new UsageError('which topic? Name one');
    const lines = wholeNumber(values.lines, 'lines');
    const interval = wholeNumber(values.interval, 'interval');
    const client = new BrokerClient(values.url, io);
    const query = words.length === 0 ? { match_all: {} } : { query_string: { query: words.join(' ') } };
    const positions: Positions = new Map();
    const lookBack = values['from-beginning'] === true ? Number.MAX_SAFE_INTEGER : lines;
    await follow({ client, topic, query, positions, lookBack, interval, json: values.json === true, io, clock });
    return 0;
  });
}

function wholeNumber(text: string, name: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new UsageError(`--${name} takes a whole number, not '${text}'`);
  return Number(text);
}

interface Following {
  readonly client: BrokerClient;
  readonly topic: string;
  readonly query: object;
  readonly positions: Positions;
  readonly lookBack: number;
  readonly interval: number;
  readonly json: boolean;
  readonly io: CommandIo;
  readonly clock: Clock;
}

async function follow(following: Following): Promise<void> {
  const { io, clock, interval } = following;
  try {
    for (let first = true; !io.signal.aborted; first = false) {
      await addPartitions(following, first);
      const { hits, more } = await nextPage(following);
      for (const hit of hits) io.out(following.json ? `${JSON.stringify(hit)}\n` : hitLine(hit));
      if (!more) await sleep(clock, interval, io.signal);
    }
  } catch (error) {
    if (!io.signal.aborted) throw error;
  }
}

/** Partitions that came later are shown from their start. */
async function addPartitions({ client, topic, positions, lookBack }: Following, first: boolean): Promise<void> {
  const { partitions } = await client.get<TopicAnswer>(`/admin/topics/${encodeURIComponent(topic)}`);
  for (const { partition, logStartOffset, logEndOffset } of partitions) {
    if (positions.has(partition)) continue;
    positions.set(partition, first ? Math.max(logStartOffset, logEndOffset - lookBack) : logStartOffset);
  }
}

/**
 * The next records of all partitions, and whether there may be more already. They are asked for by offset, so that whatever is cut off by the size of a
 * page comes with the next one; a page is shown in the order of time.
 */
async function nextPage(following: Following): Promise<{ readonly hits: readonly Hit[]; readonly more: boolean }> {
  const { positions } = following;
  const all: Hit[] = [];
  let more = false;
  const places = [...positions];
  for (let at = 0; at < places.length; at += PARTITIONS) {
    const found = await nextOf(following, places.slice(at, at + PARTITIONS));
    for (const { _id } of found) {
      const [partition, offset] = _id.split(':').map(Number);
      positions.set(partition!, Math.max(positions.get(partition!) ?? 0, offset! + 1));
    }
    all.push(...found);
    more ||= found.length === PAGE;
  }
  const time = (hit: Hit): string => timeText(hit._source?.['@timestamp']);
  return { hits: all.sort((a, b) => (time(a) < time(b) ? -1 : time(a) > time(b) ? 1 : 0)), more };
}

async function nextOf(
  { client, topic, query }: Following,
  places: readonly (readonly [partition: number, next: number])[],
): Promise<readonly Hit[]> {
  const ranges = places.map(([partition, next]) => ({
    bool: { filter: [{ term: { '_kafka.partition': partition } }, { range: { '_kafka.offset': { gte: next } } }] },
  }));
  const filter = [query, { bool: { should: ranges } }];
  const body = { size: PAGE, sort: ['_kafka.offset'], query: { bool: { filter } } };
  const { hits } = await client.post<{ hits: { hits: readonly Hit[] } }>(`${topicPath(topic)}/_search`, body);
  return hits.hits;
}
