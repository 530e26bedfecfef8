import type { CaseResult } from './report.ts';

/** A case on both brokers. */
interface Row {
  readonly area: string;
  readonly name: string;
  readonly kafka: boolean;
  readonly quarry: boolean;
}

/** Areas in the order of the page: the first word of a case's name decides. */
const AREAS: readonly (readonly [title: string, prefixes: readonly string[]])[] = [
  ['Admin', ['admin', 'config', 'interface']],
  ['Producer', ['produce']],
  ['Consumer', ['consume']],
  ['Classic groups', ['group']],
  ['Consumer groups (KIP-848)', ['consumergroup']],
  ['Share groups (KIP-932)', ['share']],
  ['Transactions', ['txn']],
  ['Compaction', ['compact']],
  ['Security', ['sasl', 'scram', 'oauth', 'tls', 'mtls', 'acl', 'token']],
  ['Quotas', ['quota']],
  ['Kafka Streams', ['streams']],
  ['Kafka Connect', ['connect']],
  ['A schema registry', ['registry']],
  ['Bad input', ['error']],
  ['The Java client 3.1', ['client31']],
  ['Console tools', ['kafka']],
];

/** The area of a case; throws for a name that begins with none of the words of `AREAS`. */
export function areaOf(name: string): string {
  const word = name.split('-')[0] ?? '';
  const found = AREAS.find(([, prefixes]) => prefixes.includes(word));
  if (found === undefined) throw new Error(`no area for the case '${name}'`);
  return found[0];
}

function rowsOf(kafka: readonly CaseResult[], quarry: readonly CaseResult[]): Row[] {
  const names = [...new Set([...kafka, ...quarry].map((result) => result.case))];
  const passed = (results: readonly CaseResult[], name: string): boolean =>
    results.some((result) => result.case === name && result.ok);
  return names.map((name) => ({
    area: areaOf(name),
    name,
    kafka: passed(kafka, name),
    quarry: passed(quarry, name),
  }));
}

const word = (ok: boolean): string => (ok ? 'ok' : '**fails**');

function summary(rows: readonly Row[]): string[] {
  const line = (title: string, some: readonly Row[]): string =>
    `| ${title} | ${some.length} | ${some.filter((row) => row.kafka).length} | ${some.filter((row) => row.quarry).length} |`;
  const areas = AREAS.map(([title]) => [title, rows.filter((row) => row.area === title)] as const);
  return [
    '| area | cases | Kafka | Quarry |',
    '| --- | --- | --- | --- |',
    ...areas.filter(([, some]) => some.length > 0).map(([title, some]) => line(title, some)),
    line('all', rows),
  ];
}

function deviationLines(rows: readonly Row[], reasons: Readonly<Record<string, string>>): string[] {
  const differing = rows.filter((row) => row.kafka !== row.quarry);
  if (differing.length === 0) return ['None.'];
  return [
    '| case | why |',
    '| --- | --- |',
    ...differing.map((row) => `| \`${row.name}\` | ${reasons[row.name] ?? 'not explained'} |`),
  ];
}

/** The page docs/conformance.md for the results of the same cases on both brokers. */
export function conformancePage(
  kafka: readonly CaseResult[],
  quarry: readonly CaseResult[],
  reasons: Readonly<Record<string, string>>,
  kafkaVersion: string,
): string {
  const rows = rowsOf(kafka, quarry);
  const sections = AREAS.flatMap(([title]) => {
    const some = rows.filter((row) => row.area === title);
    if (some.length === 0) return [];
    const lines = some.map((row) => `| \`${row.name}\` | ${word(row.kafka)} | ${word(row.quarry)} |`);
    return ['', `## ${title}`, '', '| case | Kafka | Quarry |', '| --- | --- | --- |', ...lines];
  });
  return [
    '# Conformance',
    '',
    `\`npm run conformance\` runs Apache Kafka's own clients, frameworks and tools, version ${kafkaVersion}, against one node of Apache Kafka ${kafkaVersion} and against Quarry,`,
    'and writes this page. A case is code in [compat-tests](../compat-tests/README.md); it says what it expects, and Kafka shows that the expectation is right.',
    'What fails is run once more on the same broker, since a loaded machine may break a case that waits for something.',
    '',
    ...summary(rows),
    '',
    '## Cases on which the two differ',
    '',
    ...deviationLines(rows, reasons),
    ...sections,
    '',
  ].join('\n');
}
