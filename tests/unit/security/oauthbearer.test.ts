import { describe, expect, test } from 'vitest';
import { oauthBearerMechanism, parseBearer } from '../../../src/security/sasl/oauthbearer.ts';

const SOH = '\u0001';
const first = (token: string, header = 'n,,', more = ''): Buffer =>
  Buffer.from(`${header}${SOH}auth=Bearer ${token}${SOH}${more}${SOH}`);
const begin = () =>
  oauthBearerMechanism((token) => (token === 'good' ? { name: 'alice', expires: 9 } : { refused: 'expired' })).begin();

describe('OAUTHBEARER', () => {
  test('lets in the principal of the token until it expires', () => {
    expect(begin().next(first('good'))).toMatchObject({ kind: 'done', identity: { name: 'alice', expires: 9 } });
    expect(begin().next(first('good', 'n,a=alice,', `host=h${SOH}port=1${SOH}`))).toMatchObject({ kind: 'done' });
  });

  test('says that a token is invalid, and ends after the answer to that', () => {
    const exchange = begin();
    const step = exchange.next(first('bad'));
    expect(step.kind === 'challenge' && Buffer.from(step.token).toString()).toBe('{"status":"invalid_token"}');
    expect(exchange.next(Buffer.from(SOH))).toEqual({
      kind: 'failed',
      message: '{"status":"invalid_token"}',
      reason: 'expired',
    });
  });

  test('takes no second token after one that was invalid', () => {
    const exchange = begin();
    exchange.next(first('bad'));
    expect(exchange.next(first('good'))).toMatchObject({ kind: 'failed' });
  });

  test('does not act for another name', () => {
    expect(begin().next(first('good', 'n,a=root,'))).toMatchObject({ kind: 'failed' });
  });

  test.each([
    '',
    'n,,',
    `n,,${SOH}auth=Bearer x${SOH}`,
    `y,,${SOH}auth=Bearer x${SOH}${SOH}`,
    `n,,${SOH}auth=Basic x${SOH}${SOH}`,
    `n,,${SOH}auth=Bearer${SOH}${SOH}`,
    `n,,${SOH}host=x${SOH}${SOH}`,
    `n,,${SOH}auth=Bearer x${SOH}auth=Bearer y${SOH}${SOH}`,
    `n,,${SOH}auth=Bearer x${SOH}1=2${SOH}${SOH}`,
  ])('refuses the message %j', (message) => {
    expect(parseBearer(Buffer.from(message))).toBeUndefined();
    expect(begin().next(Buffer.from(message))).toMatchObject({ kind: 'failed' });
  });
});
