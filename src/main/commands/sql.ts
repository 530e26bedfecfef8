import { parseArgs } from 'node:util';
import { BROKER_OPTIONS, BROKER_USAGE, BrokerClient } from '../broker-client.ts';
import { type CommandIo, processIo, runCommand, UsageError } from '../command-io.ts';
import { printable } from '../hit-text.ts';
import { type Cell, tableLines } from '../text-table.ts';

const USAGE = `usage: quarry sql QUERY [options]

Asks in SQL. A topic is a table under its quoted name: quarry sql 'SELECT count(*) FROM "orders"'

  --format NAME  table (default), json, ndjson, csv or arrow
${BROKER_USAGE}`;

const OPTIONS = {
  ...BROKER_OPTIONS,
  format: { type: 'string' },
} as const;

const FORMATS: readonly string[] = ['table', 'json', 'ndjson', 'csv', 'arrow'];

interface Answer {
  readonly columns: readonly { readonly name: string }[];
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** `quarry sql`: exit code 0 for an answer, 1 for a failure, 2 for a wrong call. */
export function run(args: readonly string[], io: CommandIo = processIo()): Promise<number> {
  return runCommand(args, io, USAGE, async () => {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    const { format = 'table', url } = values;
    const [sql, ...others] = positionals;
    if (sql === undefined || others.length > 0) throw new UsageError('one query, in quotes');
    if (!FORMATS.includes(format)) throw new UsageError(`--format is one of ${FORMATS.join(', ')}`);
    const client = new BrokerClient(url, io, (notice) => io.err(`${printable(notice)}\n`));
    if (format === 'table') {
      const { columns, rows } = await client.post<Answer>('/sql', { sql });
      const names = columns.map(({ name }) => name);
      io.out(
        tableLines(
          names.map(printable),
          rows.map((row) => names.map((name) => cellOf(row[name]))),
        ),
      );
      io.err(`${rows.length} ${rows.length === 1 ? 'row' : 'rows'}\n`);
    } else io.bytes.write(await client.postForBytes('/sql', { sql, format }));
    return 0;
  });
}

function cellOf(value: unknown): Cell {
  if (typeof value === 'number') return value;
  if (value === null || value === undefined) return '';
  return printable(typeof value === 'string' ? value : JSON.stringify(value));
}
