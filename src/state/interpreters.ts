import type { StateInterpreter, StateMetadata } from './types.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function formatJson(data: unknown, metadata: StateMetadata): string {
  const text = JSON.stringify({ data, _metadata: metadata });
  if (!text.startsWith('{"data":')) throw new TypeError('state must be JSON');
  return text;
}

/** `{"data": …, "_metadata": {…}}`; checkpoints of older programs have the data's own fields beside `_metadata`. */
function parseJson(text: string): { data: unknown; metadata: JsonObject } {
  const file: unknown = JSON.parse(text);
  if (!isObject(file) || !isObject(file['_metadata'])) throw new SyntaxError('it has no _metadata');
  const { _metadata: metadata, ...rest } = file;
  const names = Object.keys(rest);
  return { data: names.length === 1 && names[0] === 'data' ? rest['data'] : rest, metadata };
}

/** JSON Merge Patch (RFC 7396): objects are merged field by field, null removes a field, anything else replaces. */
function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const merged = new Map(isObject(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, mergePatch(merged.get(name), value));
  }
  // fromEntries defines fields, so that one named __proto__ is a field like any other.
  return Object.fromEntries(merged);
}

/** State as a JSON object to which every message is a JSON Merge Patch (RFC 7396). */
export const jsonMergeInterpreter: StateInterpreter<JsonObject> = {
  format: formatJson,
  parse(text) {
    const { data, metadata } = parseJson(text);
    if (!isObject(data)) throw new SyntaxError('its data is no object');
    return { data, metadata };
  },
  merge: (states) => states.reduce<Json>(mergePatch, {}) as JsonObject,
};

/** What a consumer has to know after a restart. */
export interface ConsumerState {
  /** The next offset to read of each partition, by a name such as `topic-0`. */
  readonly offsets: { readonly [partition: string]: number };
  /** Whatever the consumer has computed, by key. */
  readonly values?: { readonly [key: string]: Json };
}

function checkedConsumerState(data: unknown): ConsumerState {
  if (!isObject(data) || !isObject(data['offsets'])) throw new SyntaxError('its data is no consumer state');
  const { offsets, values } = data;
  if (!Object.values(offsets).every(Number.isSafeInteger)) throw new SyntaxError('an offset is no integer');
  if (values !== undefined && !isObject(values)) throw new SyntaxError('its values are no object');
  return data as unknown as ConsumerState;
}

/** State of a consumer: of each partition the highest offset counts; of each key the last value, and null removes it. */
export const consumerStateInterpreter: StateInterpreter<ConsumerState> = {
  format: (data, metadata) => formatJson(checkedConsumerState(data), metadata),
  parse(text) {
    const { data, metadata } = parseJson(text);
    return { data: checkedConsumerState(data), metadata };
  },
  merge(states) {
    const offsets = new Map<string, number>();
    const values = new Map<string, Json>();
    for (const state of states) {
      for (const [partition, offset] of Object.entries(state.offsets))
        offsets.set(partition, Math.max(offset, offsets.get(partition) ?? offset));
      for (const [key, value] of Object.entries(state.values ?? {})) {
        if (value === null) values.delete(key);
        else values.set(key, value);
      }
    }
    return { offsets: Object.fromEntries(offsets), values: Object.fromEntries(values) };
  },
};
