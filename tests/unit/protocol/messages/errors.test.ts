import { describe, expect, test } from 'vitest';
import { errorCode, errorMessage, errorOf, errors } from '../../../../protocol/errors.ts';

describe('the table of errors', () => {
  test('has every code of Apache Kafka 4.3, once, in order', () => {
    expect(errors.map(({ code }) => code)).toEqual(Array.from({ length: 135 }, (_, index) => index - 1));
    expect(new Set(errors.map(({ name }) => name)).size).toBe(errors.length);
  });

  test('gives the code of a name and the error of a code', () => {
    expect(errorCode.NOT_COORDINATOR).toBe(16);
    expect(errorCode.UNKNOWN_SERVER_ERROR).toBe(-1);
    expect(errorOf(3)).toMatchObject({ name: 'UNKNOWN_TOPIC_OR_PARTITION', retriable: true });
    expect(errorOf(10)).toMatchObject({ name: 'MESSAGE_TOO_LARGE', retriable: false });
    expect(errorOf(9999)).toBeUndefined();
    expect(errorMessage(9999)).toBe('Error 9999.');
  });
});
