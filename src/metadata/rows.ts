import { AssertionFailed } from '../base/assert.ts';
import type { SqlRow } from './types.ts';

/** The integer in `column`; a row of another shape is a bug of ours. */
export function int(row: SqlRow, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') throw new AssertionFailed(`column ${column} holds no number`);
  return value;
}

/** The number in `column`, which may be a fraction. */
export function real(row: SqlRow, column: string): number {
  return int(row, column);
}

export function str(row: SqlRow, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw new AssertionFailed(`column ${column} holds no text`);
  return value;
}

/** The integer in `column`, or undefined for NULL. */
export function optionalInt(row: SqlRow, column: string): number | undefined {
  return row[column] === null ? undefined : int(row, column);
}

/** The text in `column`, or undefined for NULL. */
export function optionalText(row: SqlRow, column: string): string | undefined {
  return row[column] === null ? undefined : str(row, column);
}
