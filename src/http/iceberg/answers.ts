import {
  CatalogUnavailable,
  CommitConflict,
  NamespaceExists,
  NamespaceNotEmpty,
  NoSuchNamespace,
  NoSuchTable,
  TableExists,
} from '../../lake/catalog.ts';
import { SchemaRefusedByRules } from '../../lake/iceberg/evolution.ts';
import { writeJson } from '../../lake/iceberg/json.ts';
import { InvalidMetadata } from '../../lake/iceberg/metadata.ts';
import { RequirementFailed } from '../../lake/iceberg/requirements.ts';
import type { HttpError } from '../error.ts';
import type { Reply } from '../route.ts';
import { JSON_TYPE } from '../schemas.ts';

/** A refusal in the words of the REST catalog spec (`ErrorModel`). */
export class IcebergError extends Error {
  override readonly name = 'IcebergError';
  readonly code: number;
  readonly type: string;

  constructor(code: number, type: string, message: string) {
    super(message);
    this.code = code;
    this.type = type;
  }
}

export function badIceberg(message: string): IcebergError {
  return new IcebergError(400, 'BadRequestException', message);
}

export function forbidden(message: string): IcebergError {
  return new IcebergError(403, 'ForbiddenException', message);
}

/** JSON in which 64-bit ids keep their digits. */
export function json(body: unknown, status = 200): Reply {
  return { status, text: writeJson(body), contentType: JSON_TYPE };
}

export const NO_CONTENT: Reply = { status: 204, text: '', contentType: JSON_TYPE };

const answer = (code: number, type: string, message: string): Reply => json({ error: { message, type, code } }, code);

const KINDS: readonly (readonly [new (message: string) => Error, number, string])[] = [
  [NoSuchNamespace, 404, 'NoSuchNamespaceException'],
  [NoSuchTable, 404, 'NoSuchTableException'],
  [NamespaceExists, 409, 'AlreadyExistsException'],
  [TableExists, 409, 'AlreadyExistsException'],
  [NamespaceNotEmpty, 409, 'NamespaceNotEmptyException'],
  [CommitConflict, 409, 'CommitFailedException'],
  [RequirementFailed, 409, 'CommitFailedException'],
  [InvalidMetadata, 400, 'BadRequestException'],
  [SchemaRefusedByRules, 400, 'BadRequestException'],
];

/** The answer to an error; throws on what is a fault of ours. After a change, no answer of the catalog means that nobody knows its state. */
export function refusal(error: unknown, change: boolean): Reply {
  if (error instanceof IcebergError) return answer(error.code, error.type, error.message);
  if (error instanceof CatalogUnavailable)
    return change
      ? answer(500, 'CommitStateUnknownException', error.message)
      : answer(503, 'ServiceUnavailableException', error.message);
  for (const [kind, code, type] of KINDS) if (error instanceof kind) return answer(code, type, error.message);
  throw error;
}

const TYPES: Readonly<Record<number, string>> = {
  400: 'BadRequestException',
  401: 'NotAuthorizedException',
  403: 'ForbiddenException',
  404: 'NotFoundException',
  429: 'SlowDownException',
  504: 'GatewayTimeoutException',
};

/** What the server itself refuses, as clients of a REST catalog read it. */
export function serverRefusal({ status, message, headers }: HttpError): Reply {
  return { ...answer(status, TYPES[status] ?? 'RESTException', message), headers };
}
