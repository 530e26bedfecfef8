/** A hit as the broker answers it. */
export interface Hit {
  readonly _index: string;
  readonly _id: string;
  readonly _source?: Readonly<Record<string, unknown>>;
}

/** A hit on one line: time, topic, id, and the value (plain text as it is, else JSON). */
export function hitLine(hit: Hit): string {
  const { '@timestamp': time, _kafka, ...value } = hit._source ?? {};
  const names = Object.keys(value);
  const plain = names.length === 1 && names[0] === 'message' && typeof value['message'] === 'string';
  const tombstone = names.length === 0 && (_kafka as { tombstone?: boolean } | undefined)?.tombstone === true;
  const text = tombstone ? '(tombstone)' : plain ? String(value['message']) : JSON.stringify(value);
  return `${timeText(time)} ${hit._index} ${hit._id} ${printable(text)}\n`;
}

/** The record's time as it is shown; a minus sign where it is left out. */
export function timeText(time: unknown): string {
  return typeof time === 'string' || typeof time === 'number' ? String(time) : '-';
}

const SHORT: ReadonlyMap<string, string> = new Map([
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

/** Control characters would steer the terminal; line ends would hide where a record ends. */
export function printable(text: string): string {
  return text.replaceAll(
    /\p{Cc}/gu,
    (character) => SHORT.get(character) ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
