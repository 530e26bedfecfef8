import { expect, test } from 'vitest';
import { attentionOf, type ProcessorFacts } from '../../../src/processor/attention.ts';
import type { JobView } from '../../../src/processor/jobs/types.ts';
import type { TableStatus } from '../../../src/processor/tables/types.ts';

const WELL: ProcessorFacts = {
  wal: { failure: undefined, overLimit: false },
  packs: { failing: undefined },
  text: { failing: undefined },
  tables: { failing: undefined, lost: 0, tables: [] },
  jobs: [],
  pausedKinds: [],
  paused: false,
};
const job = (more: Partial<JobView>): JobView => ({
  id: 'verify-1',
  kind: 'verify',
  key: '',
  state: 'waiting',
  failures: 1,
  queuedAt: 0,
  ...more,
});
const table = (topic: string, failing?: string): TableStatus => {
  return { topic, lag: 0, memoryBytes: 0, failing, refusedColumns: [] };
};

test('a person has nothing to do while all is well, or fails for the first time', () => {
  expect(attentionOf(WELL)).toEqual([]);
  expect(attentionOf({ ...WELL, jobs: [job({ failures: 2, reason: 'ECONNREFUSED' })] })).toEqual([]);
});

test('each kind of failure says what to do about it', () => {
  const todo = (failing: string): string | undefined => attentionOf({ ...WELL, packs: { failing } })[0]?.todo;
  expect(todo('write x: ENOSPC: no space left on device')).toMatch(/^make room/);
  expect(todo('put x: AccessDenied: not yours')).toMatch(/right that the reason names/);
  expect(todo('put x: connect ECONNREFUSED 127.0.0.1:9000')).toMatch(/^nothing, if it passes/);
  expect(todo('something odd')).toMatch(/^look at the log/);
});

test('a log that stopped comes first, then what keeps everything from going on', () => {
  const found = attentionOf({
    ...WELL,
    wal: { failure: 'EIO', overLimit: true },
    paused: true,
    pausedKinds: ['packs'],
    text: { failing: 'ENOSPC' },
    tables: { failing: 'bad', lost: 7, tables: [table('well'), table('orders', 'a column is refused')] },
    jobs: [
      job({ state: 'quarantined', reason: 'batch 3 is corrupt', failureKind: 'corrupt', key: 't-0-0-0' }),
      job({ id: 'retention-9', kind: 'retention', failures: 3, reason: 'odd' }),
    ],
  });
  expect(found.map(({ part, subject, reason }) => [part, subject, reason])).toEqual([
    ['wal', undefined, 'EIO'],
    ['processor', undefined, 'it was paused'],
    ['wal', undefined, 'it is larger than wal.max.bytes'],
    ['text', undefined, 'ENOSPC'],
    ['tables', 'orders', 'a column is refused'],
    ['tables', undefined, '7 offsets went before they were in their table'],
    ['jobs', 'verify-1 (t-0-0-0)', 'kept aside: batch 3 is corrupt'],
    ['jobs', 'retention-9', 'retention failed 3 times in a row: odd'],
  ]);
  expect(found[6]?.todo).toContain('quarry segments verify');
});

test('a log that has no room to grow is said before it stops taking appends', () => {
  const [found] = attentionOf({ ...WELL, wal: { failure: undefined, trouble: 'write x: ENOSPC', overLimit: false } });
  expect(found).toMatchObject({ part: 'wal', reason: 'no file can be made for it: write x: ENOSPC' });
});

test('a table thread that died, and kinds paused one by one, are said', () => {
  const tables = { failing: 'the thread ended', lost: 0, tables: [] };
  const found = attentionOf({
    ...WELL,
    tables,
    pausedKinds: ['scrub'],
    jobs: [job({ state: 'quarantined', reason: 'by hand' })],
  });
  expect(found.map(({ todo }) => todo)).toEqual([
    'restart the broker; rows wait in the log',
    'when the reason is gone, `quarry processor release verify-1`',
    '`quarry processor resume scrub`',
  ]);
});

test('a column that Iceberg forbids is said though its table gets on', () => {
  const orders = { ...table('orders'), refusedColumns: ['price cannot become string'] };
  const found = attentionOf({ ...WELL, tables: { failing: undefined, lost: 0, tables: [orders] } });
  expect(found).toMatchObject([{ part: 'tables', subject: 'orders', reason: 'price cannot become string' }]);
});

test('the list is bounded, and says how much more there is', () => {
  const tables = { failing: 'x', lost: 0, tables: Array.from({ length: 5000 }, (_, n) => table(`t${n}`, 'x')) };
  const found = attentionOf({ ...WELL, tables });
  expect(found).toHaveLength(101);
  expect(found.at(-1)).toEqual({ part: 'processor', reason: '4900 more', todo: 'begin with these' });
});
