/** What is wrong with a message; says nothing of its content. */
export class ScramSyntaxError extends Error {
  override readonly name = 'ScramSyntaxError';
}

/** The first message of a client (RFC 5802), taken apart. */
export interface ClientFirst {
  /** The part before the bare message: `n,,` or `n,a=NAME,`. */
  readonly header: string;
  readonly authorizationId: string;
  readonly username: string;
  readonly nonce: string;
  readonly extensions: ReadonlyMap<string, string>;
  /** What goes into the signed text. */
  readonly bare: string;
}

/** The last message of a client, taken apart. */
export interface ClientFinal {
  readonly channelBinding: string;
  readonly nonce: string;
  readonly proof: Uint8Array;
  /** What goes into the signed text. */
  readonly withoutProof: string;
}

const NAME = '(?:[^\\0=,]|=2C|=3D)+';
const NONCE = '[\\x21-\\x2b\\x2d-\\x7e]+';
const BASE64 = '[A-Za-z0-9+/]+={0,2}';
const EXTENSIONS = '(?:,[A-Za-z]+=[^\\0,]+)*';
const FIRST = new RegExp(
  `^(?<header>n,(?:a=(?<authzid>${NAME}))?,)(?<bare>n=(?<name>${NAME}),r=(?<nonce>${NONCE})(?<extensions>${EXTENSIONS}))$`,
);
const FINAL = new RegExp(
  `^(?<signed>c=(?<binding>${BASE64}),r=(?<nonce>${NONCE})${EXTENSIONS}),p=(?<proof>${BASE64})$`,
);

function unescaped(name: string): string {
  return name.replaceAll('=2C', ',').replaceAll('=3D', '=');
}

function groupsOf(pattern: RegExp, message: Uint8Array, what: string): Readonly<Record<string, string | undefined>> {
  const groups = pattern.exec(Buffer.from(message).toString('utf8'))?.groups;
  if (groups === undefined) throw new ScramSyntaxError(`invalid SCRAM client ${what} message`);
  return groups;
}

/** Throws ScramSyntaxError for what is no first message, for one that knows of channel binding (Kafka takes `n` only), and for one with a mandatory extension (`m=`). */
export function parseClientFirst(message: Uint8Array): ClientFirst {
  const groups = groupsOf(FIRST, message, 'first');
  const pairs = (groups['extensions'] ?? '').split(',').slice(1);
  return {
    header: groups['header'] ?? '',
    authorizationId: unescaped(groups['authzid'] ?? ''),
    username: unescaped(groups['name'] ?? ''),
    nonce: groups['nonce'] ?? '',
    extensions: new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)])),
    bare: groups['bare'] ?? '',
  };
}

/** Throws ScramSyntaxError for what is no last message. */
export function parseClientFinal(message: Uint8Array): ClientFinal {
  const groups = groupsOf(FINAL, message, 'final');
  return {
    channelBinding: groups['binding'] ?? '',
    nonce: groups['nonce'] ?? '',
    proof: Buffer.from(groups['proof'] ?? '', 'base64'),
    withoutProof: groups['signed'] ?? '',
  };
}

/** The server's first message. */
export function serverFirst(nonce: string, salt: Uint8Array, iterations: number): string {
  return `r=${nonce},s=${Buffer.from(salt).toString('base64')},i=${iterations}`;
}

/** The server's last message after a proof that was right. */
export function serverFinal(signature: Uint8Array): string {
  return `v=${Buffer.from(signature).toString('base64')}`;
}
