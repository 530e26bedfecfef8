import { expect, test } from 'vitest';
import { failureOf, isIoError } from '../../../src/metadata/errors.ts';

/** As `node:sqlite` throws them: the extended result code in `errcode`. */
const sqliteError = (errcode: number) => Object.assign(new Error('from SQLite'), { code: 'ERR_SQLITE_ERROR', errcode });

test('result codes are told apart, extended ones by their primary code', () => {
  expect(failureOf(sqliteError(1555)).kind).toBe('SqlConflict'); // SQLITE_CONSTRAINT_PRIMARYKEY
  expect(failureOf(sqliteError(13)).kind).toBe('SqlUnavailable'); // SQLITE_FULL
  expect(failureOf(sqliteError(1034)).kind).toBe('SqlUnavailable'); // SQLITE_IOERR_FSYNC
  expect(failureOf(sqliteError(1)).kind).toBe('SqlInvalid'); // SQLITE_ERROR
  expect(failureOf(new TypeError('bug')).kind).toBe('SqlInvalid');
});

test('a failed sync is an I/O error, a full disk is not', () => {
  expect(isIoError(sqliteError(1034))).toBe(true);
  expect(isIoError(sqliteError(13))).toBe(false);
  expect(isIoError(new Error('other'))).toBe(false);
});
