import { choice, integer, list, setting, text } from './types.ts';

/** Certificates and keys, and who has to show one. */
const tlsSettings = {
  'ssl.keystore.type': setting(choice('PEM', 'PKCS12'), 'PEM', 'Form of the key store.'),
  'ssl.keystore.location': setting(text, '', 'File with the private key and the certificate chain of this broker.'),
  'ssl.keystore.password': setting(text, '', 'Password of a PKCS12 key store.'),
  'ssl.key.password': setting(text, '', 'Password of an encrypted private key.'),
  'ssl.keystore.key': setting(text, '', 'Private key as PEM text, instead of a file.'),
  'ssl.keystore.certificate.chain': setting(text, '', 'Certificate chain as PEM text, instead of a file.'),
  'ssl.truststore.type': setting(choice('PEM'), 'PEM', 'Form of the trust store.'),
  'ssl.truststore.location': setting(text, '', 'File with the certificates that client certificates must lead to.'),
  'ssl.truststore.certificates': setting(text, '', 'The same as PEM text, instead of a file.'),
  'ssl.client.auth': setting(
    choice('none', 'requested', 'required'),
    'none',
    'Whether clients are asked for a certificate; on SASL_SSL only where it is set for the listener by name.',
  ),
  'ssl.enabled.protocols': setting(
    list,
    ['TLSv1.2', 'TLSv1.3'] as readonly string[],
    'Versions of TLS that are spoken: TLSv1.2, TLSv1.3 or both.',
  ),
  'ssl.cipher.suites': setting(list, [] as readonly string[], 'Cipher suites; empty means those that Node offers.'),
  'ssl.principal.mapping.rules': setting(
    text,
    'DEFAULT',
    'How the subject of a client certificate becomes a name: `RULE:pattern/replacement/[LU]` and `DEFAULT`.',
  ),
  'ssl.reload.interval.ms': setting(
    integer(0),
    10_000,
    'Pause between looks whether certificate files have changed; 0 is never.',
  ),
} as const;

/** How clients say who they are. */
const saslSettings = {
  'sasl.enabled.mechanisms': setting(
    list,
    ['SCRAM-SHA-256', 'SCRAM-SHA-512'] as readonly string[],
    'Mechanisms of SASL listeners: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER.',
  ),
  'sasl.jaas.config': setting(
    text,
    '',
    'Users of PLAIN as Kafka writes them: `PlainLoginModule required user_alice="secret";`, for a listener and mechanism.',
  ),
  'sasl.server.max.receive.size': setting(integer(1), 524_288, 'Largest request before a client is authenticated.'),
  'connections.max.reauth.ms': setting(
    integer(0),
    0,
    'Time after which a client has to authenticate again (KIP-368); 0 is never.',
  ),
  'connection.failed.authentication.delay.ms': setting(
    integer(0),
    100,
    'Time from a failed authentication to the answer and the end of the connection.',
  ),
} as const;

/** Whose access tokens are believed (KIP-768). */
const oauthSettings = {
  'sasl.server.callback.handler.class': setting(
    choice(
      '',
      'org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallbackHandler',
      'org.apache.kafka.common.security.oauthbearer.secured.OAuthBearerValidatorCallbackHandler',
    ),
    '',
    'Taken for configs of Kafka, without effect: tokens of OAUTHBEARER are always checked against keys.',
  ),
  'sasl.oauthbearer.jwks.endpoint.url': setting(
    text,
    '',
    'Where the keys of whoever issues tokens are (JWKS): `https://…`, `http://…` or `file:///…`.',
  ),
  'sasl.oauthbearer.expected.audience': setting(
    list,
    [] as readonly string[],
    'A token has to be for one of these; empty means any.',
  ),
  'sasl.oauthbearer.expected.issuer': setting(text, '', 'A token has to come from here; empty means from anywhere.'),
  'sasl.oauthbearer.sub.claim.name': setting(text, 'sub', 'Claim of a token that is the name of the principal.'),
  'sasl.oauthbearer.scope.claim.name': setting(text, 'scope', 'Claim of a token that holds its scopes.'),
  'sasl.oauthbearer.clock.skew.seconds': setting(integer(0), 30, 'How far the clocks of issuer and broker may differ.'),
  'sasl.oauthbearer.jwks.endpoint.refresh.ms': setting(integer(1000), 3_600_000, 'Pause between readings of the keys.'),
  'sasl.oauthbearer.jwks.endpoint.retry.backoff.ms': setting(
    integer(1),
    100,
    'First pause after a reading of the keys that failed; each next one is twice as long.',
  ),
  'sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms': setting(integer(1), 10_000, 'Longest of these pauses.'),
} as const;

const DAY = 86_400_000;

/** Secrets by which others log in as their owner (KIP-48). */
export const tokenSettings = {
  'delegation.token.secret.key': setting(
    text,
    '',
    'Secret from which the secrets of all delegation tokens follow; empty means that there are none.',
  ),
  'delegation.token.max.lifetime.ms': setting(integer(1), 7 * DAY, 'Longest life of a delegation token.'),
  'delegation.token.expiry.time.ms': setting(integer(1), DAY, 'Time after which a token that is not renewed expires.'),
  'delegation.token.expiry.check.interval.ms': setting(
    integer(1),
    DAY / 24,
    'Pause between looks for tokens that have expired.',
  ),
} as const;

/** Who may connect, and how. Kafka has them all but `ssl.reload.interval.ms`. */
export const securitySettings = {
  'listener.security.protocol.map': setting(
    text,
    'PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL',
    'Protocol of each listener name, as `NAME:PROTOCOL`.',
  ),
  ...tlsSettings,
  ...saslSettings,
  ...oauthSettings,
} as const;
