import { expect, test } from 'vitest';
import { addPartitionsToTxnApi, metadataApi, shareFetchApi } from '../../../protocol/messages/index.ts';
import type { Api } from '../../../protocol/schema/index.ts';
import { codeVisitorOf } from '../../../src/kafka/error-codes.ts';

function codesIn(api: Api, response: unknown): number[] {
  const found: number[] = [];
  codeVisitorOf(api)(response, (code) => found.push(code));
  return found;
}

test('the errors of an answer are found whatever their field is called', () => {
  const topics = [{ errorCode: 3, partitions: [{ errorCode: 0 }, { errorCode: 5 }] }];
  expect(codesIn(metadataApi as unknown as Api, { topics })).toEqual([3, 5]);
  const resultsByTopicV3AndBelow = [{ resultsByPartition: [{ partitionErrorCode: 55 }, { partitionErrorCode: 0 }] }];
  expect(codesIn(addPartitionsToTxnApi as unknown as Api, { resultsByTopicV3AndBelow })).toEqual([55]);
  const responses = [{ partitions: [{ errorCode: 0, acknowledgeErrorCode: 121 }] }];
  expect(codesIn(shareFetchApi as unknown as Api, { errorCode: 0, responses })).toEqual([121]);
});
