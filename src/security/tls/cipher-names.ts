/** The name of a cipher suite in OpenSSL's words; Java and Kafka use those of IANA. Those of TLS 1.3 are the same in both. */
export function openSslName(suite: string): string {
  const match = /^TLS_(\w+)_WITH_(\w+)$/.exec(suite);
  if (match === null) return suite;
  const [, exchange = '', cipher = ''] = match;
  const bulk = cipher
    .replace(/^(AES|CAMELLIA|ARIA)_(\d+)/, '$1$2')
    .replace(/_CBC/, '')
    .replace(/^CHACHA20_POLY1305_SHA256$/, 'CHACHA20_POLY1305');
  // Plain RSA key exchange is not named in OpenSSL.
  const prefix = exchange === 'RSA' ? '' : `${exchange}_`;
  return `${prefix}${bulk}`.replaceAll('_', '-');
}
