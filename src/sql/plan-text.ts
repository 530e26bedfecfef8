import { quoted } from './column-types.ts';
import type { PartitionRange } from './messages.ts';
import type { TopicSource } from './query-run.ts';
import { countOf, type FileCount, type TablePlan } from './table-plan.ts';

/** Ranges that are told one by one. */
const TOLD_RANGES = 10;

/** Which files and which part of the log a query reads, for people: a paragraph for each topic. */
export function planText(sources: readonly Pick<TopicSource, 'topic' | 'plan' | 'ranges'>[]): string {
  return sources
    .map(({ topic, plan, ranges }) => [quoted(topic.name), ...tableLines(plan), logLine(ranges)].join('\n  '))
    .join('\n');
}

function tableLines(plan: TablePlan | undefined): string[] {
  if (plan === undefined) return ['table: none'];
  const { files, of, excludedBy, deletes } = plan;
  const left = excludedBy.length === 0 ? '' : `; the others are left out by ${excludedBy.map(quoted).join(', ')}`;
  const lines = [`table: ${countText(countOf(files), of)}, snapshot ${plan.snapshotId}${left}`];
  if (deletes !== undefined)
    lines.push(`deletes: rows of ${deletes.marked.size} of these files are deleted by ${deletes.files.length} files`);
  return lines;
}

function countText({ files, rows, bytes }: FileCount, of: FileCount): string {
  return `${files} of ${of.files} files, ${rows} of ${of.rows} rows, ${bytes} of ${of.bytes} bytes`;
}

function logLine(ranges: readonly PartitionRange[]): string {
  if (ranges.length === 0) return 'log: nothing';
  const offsets = ranges.reduce((sum, { from, to }) => sum + to - from, 0);
  const told = ranges.slice(0, TOLD_RANGES).map(({ partition, from, to }) => `${partition}: ${from} to ${to - 1}`);
  const more = ranges.length > TOLD_RANGES ? `, and ${ranges.length - TOLD_RANGES} more partitions` : '';
  return `log: ${offsets} offsets (partition ${told.join(', ')}${more})`;
}
