// AlterUserScramCredentials v0 (KIP-554): sets and deletes credentials; clients salt the password. Needs ALTER on the cluster. Each user has its own
// outcome, and may occur once: DUPLICATE_RESOURCE, RESOURCE_NOT_FOUND, UNACCEPTABLE_CREDENTIAL, UNSUPPORTED_SASL_MECHANISM as with Apache Kafka.
// Deviation: an empty salted password is UNACCEPTABLE_CREDENTIAL, where Kafka answers UNKNOWN_SERVER_ERROR.
import { errorCode } from '../../../protocol/errors.ts';
import { alterUserScramCredentialsApi } from '../../../protocol/messages/index.ts';
import type { RequestOf } from '../../../protocol/schema/index.ts';
import { CLUSTER_NAME } from '../../security/authorizer.ts';
import { MAX_ITERATIONS, MIN_ITERATIONS, SCRAM_HASHES, type ScramHash } from '../../security/sasl/scram-keys.ts';
import type { ScramDeletion, ScramUpsertion, ScramUsers } from '../../security/scram-users.ts';
import { type Handler, handler } from '../handler.ts';

type Request = RequestOf<typeof alterUserScramCredentialsApi>;

/** What becomes of one user: a change to be made, or an error. */
type Outcome =
  | { readonly delete: ScramDeletion }
  | { readonly upsert: ScramUpsertion }
  | { readonly code: number; readonly message: string };

const TWICE: Outcome = {
  code: errorCode.DUPLICATE_RESOURCE,
  message: 'A user credential cannot be altered twice in the same request',
};

export function alterUserScramCredentialsHandler(users: ScramUsers): Handler {
  return handler(alterUserScramCredentialsApi, async (request, { may }) => {
    if (!may('alter', 'cluster', CLUSTER_NAME)) return denied(request);
    const outcomes = outcomesOf(request, users);
    const all = [...outcomes.values()];
    await users.alter(
      all.flatMap((outcome) => ('delete' in outcome ? [outcome.delete] : [])),
      all.flatMap((outcome) => ('upsert' in outcome ? [outcome.upsert] : [])),
    );
    const results = [...outcomes].map(([user, outcome]) =>
      'code' in outcome
        ? { user, errorCode: outcome.code, errorMessage: outcome.message }
        : { user, errorCode: errorCode.NONE, errorMessage: null },
    );
    return { results };
  });
}

function denied({ deletions, upsertions }: Request) {
  const names = new Set([...deletions, ...upsertions].map(({ name }) => name));
  const code = errorCode.CLUSTER_AUTHORIZATION_FAILED;
  const errorMessage = 'Cluster authorization failed.';
  return { results: [...names].map((user) => ({ user, errorCode: code, errorMessage })) };
}

function outcomesOf({ deletions, upsertions }: Request, users: ScramUsers): Map<string, Outcome> {
  const outcomes = new Map<string, Outcome>();
  for (const deletion of deletions)
    outcomes.set(deletion.name, outcomes.has(deletion.name) ? TWICE : deletionOf(deletion, users));
  for (const upsertion of upsertions)
    outcomes.set(upsertion.name, outcomes.has(upsertion.name) ? TWICE : upsertionOf(upsertion));
  return outcomes;
}

function refusedName(name: string, scram: ScramHash | undefined): Outcome | undefined {
  if (name === '') return { code: errorCode.UNACCEPTABLE_CREDENTIAL, message: 'Username must not be empty' };
  if (scram !== undefined) return undefined;
  return { code: errorCode.UNSUPPORTED_SASL_MECHANISM, message: 'Unknown SCRAM mechanism' };
}

function deletionOf({ name, mechanism }: Request['deletions'][number], users: ScramUsers): Outcome {
  const scram = SCRAM_HASHES.find(({ code }) => code === mechanism);
  const refused = refusedName(name, scram);
  if (scram === undefined || refused !== undefined) return refused!;
  if (users.get(scram, name) !== undefined) return { delete: { user: name, scram } };
  return {
    code: errorCode.RESOURCE_NOT_FOUND,
    message: 'Attempt to delete a user credential that does not exist',
  };
}

function upsertionOf(upsertion: Request['upsertions'][number]): Outcome {
  const { name, mechanism, iterations, salt, saltedPassword } = upsertion;
  const scram = SCRAM_HASHES.find(({ code }) => code === mechanism);
  const refused = refusedName(name, scram);
  if (scram === undefined || refused !== undefined) return refused!;
  if (iterations < MIN_ITERATIONS) return { code: errorCode.UNACCEPTABLE_CREDENTIAL, message: 'Too few iterations' };
  if (iterations > MAX_ITERATIONS) return { code: errorCode.UNACCEPTABLE_CREDENTIAL, message: 'Too many iterations' };
  if (saltedPassword.length === 0) return { code: errorCode.UNACCEPTABLE_CREDENTIAL, message: 'Empty salted password' };
  return { upsert: { user: name, scram, iterations, salt, saltedPassword } };
}
