import { parseArgs } from 'node:util';
import { BROKER_OPTIONS, BROKER_USAGE, BrokerClient, topicPath } from '../broker-client.ts';
import { type CommandIo, processIo, runCommand, UsageError } from '../command-io.ts';
import { type Hit, hitLine } from '../hit-text.ts';

const USAGE = `usage: quarry search TOPICS [QUERY] [options]

Finds records. TOPICS is a name, a comma list, a pattern with *, or _all; QUERY is in Lucene syntax (level:ERROR AND timeout).

  --size N      hits to show (default 10)
  --from N      hits to pass over
  --sort KEY    @timestamp:desc, _kafka.offset, _score (default)
  --fields LIST comma list of fields to show
  --and         all words must match, instead of any
  --count       only say how many match
  --json        print the broker's answer as it is
${BROKER_USAGE}`;

const OPTIONS = {
  ...BROKER_OPTIONS,
  size: { type: 'string' },
  from: { type: 'string' },
  sort: { type: 'string' },
  fields: { type: 'string' },
  and: { type: 'boolean' },
  count: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

interface Answer {
  readonly took: number;
  readonly timed_out: boolean;
  readonly hits: {
    readonly total: { readonly value: number; readonly relation: string };
    readonly hits: readonly Hit[];
  };
}

/** `quarry search`: exit code 0 when something was found, 3 when nothing was, 1 for a failure, 2 for a wrong call. */
export function run(args: readonly string[], io: CommandIo = processIo()): Promise<number> {
  return runCommand(args, io, USAGE, async () => {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    const [topics, ...words] = positionals;
    if (topics === undefined) throw new UsageError('which topics? Name them, or say _all');
    const client = new BrokerClient(values.url, io);
    const parameters = new URLSearchParams();
    if (words.length > 0) parameters.set('q', words.join(' '));
    if (values.and === true) parameters.set('default_operator', 'AND');
    if (values.count === true) return count(client, topics, parameters, io);
    for (const [name, value] of [
      ['size', values.size],
      ['from', values.from],
      ['sort', values.sort],
      ['_source_includes', values.fields],
    ] as const) {
      if (value !== undefined) parameters.set(name, value);
    }
    const answer = await client.get<Answer>(`${topicPath(topics)}/_search?${parameters.toString()}`);
    if (values.json === true) io.out(`${JSON.stringify(answer, null, 2)}\n`);
    else show(answer, io);
    return answer.hits.total.value > 0 ? 0 : 3;
  });
}

async function count(
  client: BrokerClient,
  topics: string,
  parameters: URLSearchParams,
  io: CommandIo,
): Promise<number> {
  const answer = await client.get<{ count: number; relation: string }>(
    `${topicPath(topics)}/_count?${parameters.toString()}`,
  );
  io.out(`${answer.count}\n`);
  if (answer.relation !== 'eq') io.err('at least: not everything could be looked at in time\n');
  return answer.count > 0 ? 0 : 3;
}

function show(answer: Answer, io: CommandIo): void {
  const { total, hits } = answer.hits;
  for (const hit of hits) io.out(hitLine(hit));
  const atLeast = total.relation === 'eq' ? '' : 'at least ';
  const late = answer.timed_out ? ', stopped by the time limit' : '';
  io.err(`${hits.length} of ${atLeast}${total.value} in ${answer.took} ms${late}\n`);
}
