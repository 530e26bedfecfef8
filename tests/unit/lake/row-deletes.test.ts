import { describe, expect, test } from 'vitest';
import {
  DELETE_FIELD_ID,
  type DataFile,
  type DeleteFile,
  DeleteIndex,
  unsupportedDelete,
} from '../../../src/lake/index.ts';

const NOTHING = {
  recordCount: 10,
  fileSizeInBytes: 1000,
  columnSizes: new Map(),
  valueCounts: new Map(),
  nullValueCounts: new Map(),
  nanValueCounts: new Map(),
  lowerBounds: new Map(),
  upperBounds: new Map(),
  splitOffsets: [],
  sortOrderId: 0,
};

const data = (more: Partial<DataFile> = {}): DataFile => ({
  ...NOTHING,
  path: 'file:///t/data/b.parquet',
  partition: [20_000],
  specId: 0,
  sequence: 5,
  ...more,
});

const deletes = (more: Partial<DeleteFile> = {}): DeleteFile => ({
  ...NOTHING,
  path: 'file:///t/data/deletes.parquet',
  partition: [20_000],
  specId: 0,
  kind: 'position',
  sequence: 5,
  equalityIds: [],
  referencedFile: undefined,
  isGlobal: false,
  format: 'PARQUET',
  ...more,
});

const bounds = (low: string, high: string): Partial<DeleteFile> => ({
  lowerBounds: new Map([[DELETE_FIELD_ID.path, Buffer.from(low)]]),
  upperBounds: new Map([[DELETE_FIELD_ID.path, Buffer.from(high)]]),
});

const applies = (file: DeleteFile, to: DataFile): boolean => new DeleteIndex([file]).of(to).length === 1;

describe('deletes by place apply', () => {
  test.each<[string, Partial<DeleteFile>, Partial<DataFile>, boolean]>([
    ['to files of the same commit', {}, {}, true],
    ['to older files', {}, { sequence: 4 }, true],
    ['not to newer files', {}, { sequence: 6 }, false],
    ['not to other partitions', {}, { partition: [20_001] }, false],
    ['not to partitions of another spec', {}, { specId: 1 }, false],
    ['to the file that they name alone', { referencedFile: 'file:///t/data/b.parquet' }, {}, true],
    ['not to others than that', { referencedFile: 'file:///t/data/a.parquet' }, {}, false],
    ['to files within the bounds of their paths', bounds('file:///t/data/a', 'file:///t/data/c'), {}, true],
    ['not to files before', bounds('file:///t/data/c', 'file:///t/data/d'), {}, false],
    ['not to files behind', bounds('file:///t/data/a', 'file:///t/data/a.parquet'), {}, false],
    ['not to other partitions, where a spec has none', { isGlobal: true, specId: 3, partition: [] }, {}, false],
  ])('%s', (_what, file, to, expected) => {
    expect(applies(deletes(file), data(to))).toBe(expected);
  });
});

describe('deletes by value apply', () => {
  test.each<[string, Partial<DeleteFile>, Partial<DataFile>, boolean]>([
    ['to older files', {}, { sequence: 4 }, true],
    ['not to files of the same commit', {}, {}, false],
    ['not to other partitions', {}, { sequence: 4, partition: [null] }, false],
    [
      'to all partitions where their spec has none',
      { isGlobal: true, specId: 3, partition: [] },
      { sequence: 4 },
      true,
    ],
    ['but not to newer files', { isGlobal: true, specId: 3, partition: [] }, { sequence: 5 }, false],
  ])('%s', (_what, file, to, expected) => {
    expect(applies(deletes({ kind: 'equality', equalityIds: [5], ...file }), data(to))).toBe(expected);
  });
});

test('what cannot be read is said', () => {
  expect(unsupportedDelete(deletes())).toBeUndefined();
  expect(unsupportedDelete(deletes({ format: 'puffin' }))).toMatch(/^rows are deleted by deletion vectors/);
  expect(unsupportedDelete(deletes({ format: 'AVRO' }))).toMatch(/^rows are deleted by a file of AVRO/);
});
