import { describe, expect, test } from 'vitest';
import {
  credentialOf,
  digest,
  hmac,
  saltPasswordSync,
  SCRAM_HASHES,
  SCRAM_SHA_256,
  type ScramHash,
  xor,
} from '../../../src/security/sasl/scram-keys.ts';
import { type ScramDirectory, scramMechanism } from '../../../src/security/sasl/scram.ts';

const SALT = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');
const DECOY_SALT = Buffer.from('a salt of nobody');

function directory(scram: ScramHash, nonce: string): ScramDirectory {
  const credential = credentialOf(scram, saltPasswordSync(scram, 'pencil', SALT, 4096), SALT, 4096);
  return {
    user: (_hash, name) => (name === 'user' || name === 'a,b=c' ? { credential, identity: { name } } : undefined),
    token: (_hash, id) =>
      id === 'token' ? { credential, identity: { name: 'owner', byToken: true, expires: 77 } } : undefined,
    decoy: () => credentialOf(scram, new Uint8Array(scram.bytes), DECOY_SALT, 4096),
    nonce: () => nonce,
  };
}

const textOf = (step: { token?: Uint8Array }): string => Buffer.from(step.token ?? '').toString();

/** The last message of a client that knows the password. */
function answer(scram: ScramHash, bare: string, challenge: string, password = 'pencil', binding = 'biws'): string {
  const [, nonce = '', salt = '', iterations = ''] = /^r=(.*),s=(.*),i=(.*)$/.exec(challenge) ?? [];
  const salted = saltPasswordSync(scram, password, Buffer.from(salt, 'base64'), Number(iterations));
  const withoutProof = `c=${binding},r=${nonce}`;
  const clientKey = hmac(scram, salted, 'Client Key');
  const signature = hmac(scram, digest(scram, clientKey), `${bare},${challenge},${withoutProof}`);
  return `${withoutProof},p=${Buffer.from(xor(clientKey, signature)).toString('base64')}`;
}

test('the example of RFC 7677 comes out byte for byte', () => {
  const exchange = scramMechanism(SCRAM_SHA_256, directory(SCRAM_SHA_256, '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0')).begin();
  const first = exchange.next(Buffer.from('n,,n=user,r=rOprNGfwEbeRWgbNEkqO'));
  expect(first.kind).toBe('challenge');
  expect(textOf(first as never)).toBe(
    'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
  );
  const last = exchange.next(
    Buffer.from(
      'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    ),
  );
  expect(last).toMatchObject({ kind: 'done', identity: { name: 'user' } });
  expect(textOf(last as never)).toBe('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=');
});

describe.each(SCRAM_HASHES)('$mechanism', (scram) => {
  const begin = () => scramMechanism(scram, directory(scram, 'server')).begin();
  const run = (first: string, password?: string, binding?: string) => {
    const exchange = begin();
    const challenge = textOf(exchange.next(Buffer.from(first)) as never);
    return exchange.next(Buffer.from(answer(scram, first.replace(/^.*?,.*?,/, ''), challenge, password, binding)));
  };

  test('lets in who knows the password', () => {
    expect(run('n,,n=user,r=client')).toMatchObject({ kind: 'done', identity: { name: 'user' } });
    expect(run('n,a=user,n=user,r=client')).toMatchObject({ kind: 'done' });
    expect(
      run('n,a=user,n=user,r=client,extra=1', 'pencil', Buffer.from('n,a=user,').toString('base64')),
    ).toMatchObject({
      kind: 'done',
    });
  });

  test('takes names with commas and equals signs', () => {
    expect(run('n,,n=a=2Cb=3Dc,r=client')).toMatchObject({ kind: 'done', identity: { name: 'a,b=c' } });
  });

  test('lets in a delegation token as its owner, until it expires', () => {
    expect(run('n,,n=token,r=client,tokenauth=true')).toMatchObject({
      kind: 'done',
      identity: { name: 'owner', byToken: true, expires: 77 },
    });
    expect(run('n,,n=token,r=client')).toMatchObject({ kind: 'failed' });
    expect(run('n,,n=user,r=client,tokenauth=true')).toMatchObject({ kind: 'failed' });
  });

  test('wants the very nonce of the challenge, also of a client that signs another one', () => {
    const exchange = begin();
    const bare = 'n=user,r=client';
    const challenge = textOf(exchange.next(Buffer.from(`n,,${bare}`)) as never);
    const withoutProof = 'c=biws,r=clientclientserver';
    const salted = saltPasswordSync(scram, 'pencil', SALT, 4096);
    const clientKey = hmac(scram, salted, 'Client Key');
    const signature = hmac(scram, digest(scram, clientKey), `${bare},${challenge},${withoutProof}`);
    const proof = Buffer.from(xor(clientKey, signature)).toString('base64');
    expect(exchange.next(Buffer.from(`${withoutProof},p=${proof}`))).toMatchObject({ kind: 'failed' });
  });

  test('says the same of an unknown user as of a wrong password, and not before the proof', () => {
    const unknown = run('n,,n=nobody,r=client');
    expect(unknown).toEqual(run('n,,n=user,r=client', 'wrong'));
    expect(unknown).toEqual({ kind: 'failed', reason: 'unknown user or wrong password' });
    expect(textOf(begin().next(Buffer.from('n,,n=nobody,r=client')) as never)).toMatch(/^r=clientserver,s=.+,i=4096$/);
  });

  test('does not act for another name', () => {
    expect(run('n,a=root,n=user,r=client')).toMatchObject({ message: expect.stringContaining('authorization id') });
  });

  test.each([
    'p=tls-unique,,n=user,r=x',
    'y,,n=user,r=x',
    'n,,m=ext,n=user,r=x',
    'n,,n=us=er,r=x',
    'n,,n=,r=x',
    'n,,n=user,r=',
    'n,,n=user',
    '',
    'n,,n=user,r=x,1=2',
  ])('refuses the first message %j', (message) => {
    expect(begin().next(Buffer.from(message))).toEqual({
      kind: 'failed',
      reason: 'invalid SCRAM client first message',
    });
  });

  test.each([
    ['c=biws,r=other,p=AAAA', /does not belong/],
    ['c=eSws,r=clientserver,p=AAAA', /does not belong/],
    ['c=biws,r=clientserver,p=AAAA', /wrong length/],
    ['c=biws,r=clientserver', /invalid SCRAM client final/],
    ['c=biws,r=clientserver,p=', /invalid SCRAM client final/],
  ])('refuses the last message %j', (message, reason) => {
    const exchange = begin();
    exchange.next(Buffer.from('n,,n=user,r=client'));
    expect(exchange.next(Buffer.from(message))).toEqual({ kind: 'failed', reason: expect.stringMatching(reason) });
  });
});
