/**
 * JSON with 64-bit integers: other engines draw snapshot ids from all 63 bits, which a double cannot hold. An integer beyond 2^53 is read
 * as a bigint and written back digit by digit; every other number stays a number, so that equal ids are equal by `===`. So does an integer of more
 * digits than 64 bits have: nothing takes it, and to make a bigint of a million digits takes long.
 */
type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;
const { parse, rawJSON } = JSON as unknown as {
  readonly parse: (text: string, reviver: Reviver) => unknown;
  readonly rawJSON: (text: string) => unknown;
};

/** Reads JSON text. Throws a SyntaxError. */
export function parseJson(text: string): unknown {
  // Most texts have no such integer, and a reviver is called for every value.
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  return parse(text, (_key, value, { source }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && source !== undefined && /^-?\d{1,20}$/.test(source)
      ? BigInt(source)
      : value,
  );
}

/** Writes JSON text, with bigints as plain integers. */
export function writeJson(value: unknown): string {
  return JSON.stringify(value, (_key, held: unknown) => (typeof held === 'bigint' ? rawJSON(String(held)) : held));
}
