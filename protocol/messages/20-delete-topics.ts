import { array, defineApi, int16, int32, string, uuid } from '../schema/index.ts';

/**
 * Deletes topics. v4 flexible. v5 error message, may answer THROTTLING_QUOTA_EXCEEDED (KIP-599). v6 by name or by id (KIP-516).
 */
export const deleteTopicsApi = defineApi({
  key: 20,
  name: 'DeleteTopics',
  versions: [1, 6],
  flexible: 4,
  request: {
    topics: array(
      {
        name: string({ nullableSince: 0, default: null }),
        topicId: uuid(),
      },
      { since: 6 },
    ),
    topicNames: array(string(), { until: 5, ignorable: true }),
    timeoutMs: int32(),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    responses: array({
      name: string({ nullableSince: 6 }),
      topicId: uuid({ since: 6, ignorable: true }),
      errorCode: int16(),
      errorMessage: string({ since: 5, nullableSince: 5, default: null, ignorable: true }),
    }),
  },
});
