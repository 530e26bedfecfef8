import { below, type Random } from '../src/base/random.ts';
import { parseJaas } from '../src/security/jaas.ts';
import { checkToken } from '../src/security/oauth/token.ts';
import { parseKeySet } from '../src/security/oauth/json-web-keys.ts';
import type { SaslMechanism } from '../src/security/sasl/exchange.ts';
import { oauthBearerMechanism } from '../src/security/sasl/oauthbearer.ts';
import { plainMechanism, PlainUsers } from '../src/security/sasl/plain.ts';
import { SCRAM_SHA_256 } from '../src/security/sasl/scram-keys.ts';
import { scramMechanism } from '../src/security/sasl/scram.ts';
import { subjectOf } from '../src/security/tls/distinguished-name.ts';
import { principalMapping } from '../src/security/tls/principal-mapping.ts';
import type { FuzzTarget } from './run.ts';

const SOH = '\u0001';
const MESSAGES = [
  'n,,n=user,r=client',
  'n,a=x,n=us=2Cer,r=client,tokenauth=true',
  'c=biws,r=clientserver,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
  '\0user\0secret',
  `n,,${SOH}auth=Bearer a.b.c${SOH}host=x${SOH}${SOH}`,
];

function mutated(random: Random, texts: readonly string[]): Buffer {
  const bytes = Buffer.from(texts[below(random, texts.length)] ?? '');
  const copies = Buffer.concat(Array.from({ length: 1 + below(random, 2) }, () => bytes));
  for (let count = below(random, 4); count > 0; count--) copies[below(random, copies.length)] = below(random, 256);
  return copies.subarray(0, copies.length - (below(random, 3) === 0 ? below(random, copies.length) : 0));
}

/** Nobody has these secrets: whatever is sent, nobody may get in. */
function mechanisms(): SaslMechanism[] {
  const decoy = {
    salt: Buffer.from('salt'),
    iterations: 4096,
    storedKey: Buffer.alloc(32, 1),
    serverKey: Buffer.alloc(32, 2),
  };
  const known = { credential: decoy, identity: { name: 'user' } };
  const directory = { user: () => known, token: () => known, decoy: () => decoy, nonce: () => 'server' };
  return [
    plainMechanism(new PlainUsers([{ name: 'PlainLoginModule', options: new Map([['user_user', 'a long secret']]) }])),
    scramMechanism(SCRAM_SHA_256, directory),
    oauthBearerMechanism(() => ({ refused: 'always' })),
  ];
}

function exchanges(random: Random, iterations: number): void {
  const all = mechanisms();
  for (let i = 0; i < iterations; i++) {
    const exchange = all[below(random, all.length)]!.begin();
    for (let step = 0; step < 3; step++) {
      const { kind } = exchange.next(mutated(random, MESSAGES));
      if (kind === 'done') throw new Error('somebody got in without the secret');
      if (kind === 'failed') break;
    }
  }
}

/** Calls a parser that refuses by throwing an Error of these kinds. */
function refusing(parse: () => void): void {
  try {
    parse();
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof SyntaxError)) throw error;
  }
}

const JAAS = ['a.b.Module required user_x="y" z=q;', `M required a='1' /* c */ b="\\"" // d\n;`];
const RULES = ['RULE:^CN=(.*?),OU=(.*)$/$1@$2/L,DEFAULT', 'RULE:a\\/b/c/U'];
/** A certificate's skeleton: sequences, an object id and a printable string. */
const DER = Buffer.from('3023302102010130003000300030123110300e060355040313077175617272790a', 'hex').toString('latin1');
const rules = { audiences: [], issuer: '', subjectClaim: 'sub', scopeClaim: 'scope', clockSkewMs: 0 };
const TOKENS = ['eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4IiwiZXhwIjoxLCJpYXQiOjF9.AAAA', 'e30.e30.e30'];

function parsers(random: Random, iterations: number): void {
  for (let i = 0; i < iterations; i++) {
    refusing(() => parseJaas(mutated(random, JAAS).toString()));
    refusing(() => principalMapping(mutated(random, RULES).toString())('CN=a,OU=b'));
    refusing(() => subjectOf(Buffer.from(mutated(random, [DER]).toString('latin1'), 'latin1')));
    if ('subject' in checkToken(mutated(random, TOKENS).toString(), [], rules, 0))
      throw new Error('a token was believed');
    try {
      parseKeySet(mutated(random, ['{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}']).toString());
    } catch (error) {
      if (!(error instanceof Error)) throw error;
    }
  }
}

export const targets: readonly FuzzTarget[] = [
  { name: 'sasl exchanges', run: exchanges },
  { name: 'security parsers', run: parsers },
];
