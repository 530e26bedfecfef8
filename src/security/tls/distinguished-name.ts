/** Attribute types that RFC 2253 gives a name to; all others are shown by number. */
const NAMES: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'STREET',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '0.9.2342.19200300.100.1.1': 'UID',
  '0.9.2342.19200300.100.1.25': 'DC',
};

const SEQUENCE = 0x30;
const SET = 0x31;
const OBJECT_ID = 0x06;
const VERSION = 0xa0;
const BMP_STRING = 30;
/** UTF8String, PrintableString, T61String, IA5String, GeneralString, BMPString. */
const STRINGS = new Set([12, 19, 20, 22, 27, BMP_STRING]);

interface Element {
  readonly tag: number;
  readonly content: Uint8Array;
  /** Tag, length and content. */
  readonly whole: Uint8Array;
}

/** The elements that lie one after another in `bytes`. Throws a RangeError for what is not DER. */
function elementsOf(bytes: Uint8Array): Element[] {
  const elements: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at]!;
    let length = bytes[at + 1] ?? -1;
    let start = at + 2;
    if (length >= 0x80) {
      const octets = length & 0x7f;
      length = 0;
      for (let i = 0; i < octets; i++) length = length * 256 + (bytes[start + i] ?? NaN);
      start += octets;
    }
    const end = start + length;
    if (!(length >= 0 && end <= bytes.length)) throw new RangeError('not a DER element');
    elements.push({ tag, content: bytes.subarray(start, end), whole: bytes.subarray(at, end) });
    at = end;
  }
  return elements;
}

function inside(element: Element | undefined, tag: number): Element[] {
  if (element?.tag !== tag) throw new RangeError('not a certificate');
  return elementsOf(element.content);
}

function objectId(bytes: Uint8Array): string {
  const numbers: number[] = [];
  let number = 0;
  for (const byte of bytes) {
    number = number * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      if (numbers.length === 0) numbers.push(Math.min(2, Math.floor(number / 40)));
      numbers.push(numbers.length === 1 ? number - numbers[0]! * 40 : number);
      number = 0;
    }
  }
  return numbers.join('.');
}

function textOf({ tag, content }: Element): string {
  const bytes = Buffer.from(content);
  return tag === BMP_STRING && bytes.length % 2 === 0 ? bytes.swap16().toString('utf16le') : bytes.toString('utf8');
}

function escaped(text: string): string {
  const signs = text.replaceAll(/[,=+<>#;"\\]/g, String.raw`\$&`).replaceAll('\0', String.raw`\00`);
  return signs.replace(/^[ \r]+|[ \r]+$/g, (spaces) => spaces.replaceAll(/[ \r]/g, String.raw`\$&`));
}

function attribute(element: Element): string {
  const [type, value] = inside(element, SEQUENCE);
  if (type?.tag !== OBJECT_ID || value === undefined) throw new RangeError('not a distinguished name');
  const id = objectId(type.content);
  const name = NAMES[id];
  if (name !== undefined && STRINGS.has(value.tag)) return `${name}=${escaped(textOf(value))}`;
  return `${name ?? id}=#${Buffer.from(value.whole).toString('hex')}`;
}

/**
 * The subject of a certificate (DER) in the form of RFC 2253, as Java writes it and Kafka takes it for a principal: last part first, and types that the RFC
 * does not name by number. Throws a RangeError for bytes that are no certificate.
 */
export function subjectOf(certificate: Uint8Array): string {
  const [outer] = elementsOf(certificate);
  const [toBeSigned] = inside(outer, SEQUENCE);
  const fields = inside(toBeSigned, SEQUENCE);
  // serial, algorithm, issuer, validity, subject, behind a version that may be left out
  const subject = fields[fields[0]?.tag === VERSION ? 5 : 4];
  return inside(subject, SEQUENCE)
    .toReversed()
    .map((part) => inside(part, SET).map(attribute).join('+'))
    .join(',');
}
