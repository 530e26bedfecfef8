import { errorCode } from '../../../protocol/errors.ts';
import { CatalogError } from '../../log/catalog-errors.ts';

/** The error of one part of a request, as responses carry it. */
export interface PartError {
  readonly errorCode: number;
  readonly errorMessage: string;
}

/** The error as a response carries it; what is no CatalogError is thrown on. */
export function partError(error: unknown): PartError {
  if (!(error instanceof CatalogError)) throw error;
  return { errorCode: errorCode[error.code], errorMessage: error.message };
}

/** The names that occur more than once. */
export function repeated<T>(values: readonly T[]): ReadonlySet<T> {
  const seen = new Set<T>();
  return new Set(values.filter((value) => seen.has(value) || !seen.add(value)));
}
