import { array, defineApi, int16, int32, string } from '../schema/index.ts';

/**
 * Leaves a classic group. v3 many members at once, static ones included (KIP-345). v4 flexible. v5 reason (KIP-800).
 */
export const leaveGroupApi = defineApi({
  key: 13,
  name: 'LeaveGroup',
  versions: [0, 5],
  flexible: 4,
  request: {
    groupId: string(),
    memberId: string({ until: 2 }),
    members: array(
      {
        memberId: string(),
        groupInstanceId: string({ nullableSince: 0, default: null }),
        reason: string({ since: 5, nullableSince: 5, default: null, ignorable: true }),
      },
      { since: 3 },
    ),
  },
  response: {
    throttleTimeMs: int32({ since: 1, default: 0, ignorable: true }),
    errorCode: int16(),
    members: array(
      {
        memberId: string(),
        groupInstanceId: string({ nullableSince: 0 }),
        errorCode: int16(),
      },
      { since: 3 },
    ),
  },
});
