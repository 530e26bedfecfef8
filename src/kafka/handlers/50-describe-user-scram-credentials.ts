// DescribeUserScramCredentials v0 (KIP-554): mechanisms and iterations of users, never keys. Needs DESCRIBE on the cluster. A user that is asked
// for twice is DUPLICATE_RESOURCE, one without credentials RESOURCE_NOT_FOUND; no list, or an empty one, means all.
import { errorCode } from '../../../protocol/errors.ts';
import { describeUserScramCredentialsApi } from '../../../protocol/messages/index.ts';
import { CLUSTER_NAME } from '../../security/authorizer.ts';
import type { ScramUsers } from '../../security/scram-users.ts';
import { type Handler, handler } from '../handler.ts';
import { repeated } from './catalog-outcome.ts';

export function describeUserScramCredentialsHandler(scram: ScramUsers): Handler {
  return handler(describeUserScramCredentialsApi, ({ users }, { may }) => {
    if (!may('describe', 'cluster', CLUSTER_NAME)) {
      const denied = {
        errorCode: errorCode.CLUSTER_AUTHORIZATION_FAILED,
        errorMessage: 'Cluster authorization failed.',
      };
      return { ...denied, results: (users ?? []).map(({ name }) => ({ user: name, ...denied, credentialInfos: [] })) };
    }
    const asked = users === null || users.length === 0 ? scram.users() : users.map(({ name }) => name);
    const twice = repeated(asked);
    const results = [...new Set(asked)].map((user) => (twice.has(user) ? askedTwice(user) : described(user, scram)));
    return { errorCode: errorCode.NONE, errorMessage: null, results };
  });
}

function described(user: string, scram: ScramUsers) {
  const credentialInfos = scram
    .mechanismsOf(user)
    .map((found) => ({ mechanism: found.scram.code, iterations: found.iterations }));
  if (credentialInfos.length > 0) return { user, errorCode: errorCode.NONE, errorMessage: null, credentialInfos };
  const errorMessage = `Attempt to describe a user credential that does not exist: ${user}`;
  return { user, errorCode: errorCode.RESOURCE_NOT_FOUND, errorMessage, credentialInfos };
}

function askedTwice(user: string) {
  const errorMessage = `Cannot describe SCRAM credentials for the same user twice in a single request: ${user}`;
  return { user, errorCode: errorCode.DUPLICATE_RESOURCE, errorMessage, credentialInfos: [] };
}
