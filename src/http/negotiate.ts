import { encode } from '@msgpack/msgpack';
import { isRawNumber } from '../search/source-filter.ts';

/** How an answer's value is written. */
export interface Encoding {
  readonly contentType: string;
  encode(value: unknown, pretty: boolean): Uint8Array;
}

const MESSAGE_PACK = /^application\/(?:x-|vnd\.)?msgpack\b/i;

function json(contentType: string): Encoding {
  return {
    contentType,
    encode: (value, pretty) => Buffer.from(pretty ? `${JSON.stringify(value, null, 2)}\n` : JSON.stringify(value)),
  };
}

const JSON_ENCODING = json('application/json; charset=UTF-8');

/** A mapping has two levels for each dot of a field's name, which has 1,024 bytes at most. */
const MAX_DEPTH = 1500;

const messagePack: Encoding = {
  contentType: 'application/msgpack',
  encode: (value) => encode(plain(value), { useBigInt64: true, ignoreUndefined: true, maxDepth: MAX_DEPTH }),
};

/**
 * Chooses by the Accept header: MessagePack when it is asked for, Elasticsearch's own media type when a client of its names a version,
 * else JSON. Of several the first one that is known.
 */
export function encodingFor(accept: string | undefined): Encoding {
  for (const part of (accept ?? '').slice(0, 2000).split(',')) {
    const media = part.trim();
    if (MESSAGE_PACK.test(media)) return messagePack;
    const version = /^application\/vnd\.elasticsearch\+(?:x-nd)?json;\s*compatible-with=(\d{1,2})$/i.exec(media);
    if (version !== null) return json(`application/vnd.elasticsearch+json;compatible-with=${version[1]}`);
    if (/^(?:application\/json|\*\/\*|application\/\*)\b/i.test(media)) return JSON_ENCODING;
  }
  return JSON_ENCODING;
}

/** Numbers kept digit by digit become integers of 64 bits where they fit, else doubles: MessagePack has no others. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  if (isRawNumber(value)) return rawNumber(JSON.stringify(value));
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
}

function rawNumber(digits: string): number | bigint {
  if (!/^-?\d{1,20}$/.test(digits)) return Number(digits);
  const integer = BigInt(digits);
  return integer === BigInt.asIntN(64, integer) || integer === BigInt.asUintN(64, integer) ? integer : Number(digits);
}

const TAKES_GZIP = /^(?:gzip|\*)(?:\s*;\s*q=(?!0(?:\.0*)?$)[\d.]+)?$/i;

/** True when the client takes gzip. */
export function acceptsGzip(header: string | readonly string[] | undefined): boolean {
  const text = typeof header === 'string' ? header : (header ?? []).join(',');
  return text.split(',').some((part) => TAKES_GZIP.test(part.trim()));
}
