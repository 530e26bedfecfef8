import { documentLimits, isReservedName } from './document.ts';

/** Path nodes that every table has. */
export const rootNode = 0;

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Why a name was refused by `FieldTable.child`. */
export const refusedNode = -1;

/**
 * Names of fields, interned as a tree of member names: a node is a path in JSON values, and belongs to the field of its dotted
 * name. Different paths can be one field (`{"a.b":1}` and `{"a":{"b":1}}`).
 */
export class FieldTable {
  /** Dotted names by field id. */
  readonly names: string[] = [];
  /** Field id by node. */
  readonly fieldOf: number[] = [];
  readonly #ids = new Map<string, number>();
  readonly #names: Uint8Array[] = [];
  readonly #parents: number[] = [];
  readonly #paths: string[] = [];
  readonly #slots = new Map<number, number[]>();
  /** The node that followed a node last time: logs repeat their names in order. */
  readonly #next: number[] = [];
  #latest = 0;
  /** UTF-16 units of all names: a measure of the memory held. */
  nameUnits = 0;

  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
    this.#addNode(rootNode, new Uint8Array(0), '');
  }

  /** Number of path nodes, or of fields where those are more: not all names are of JSON values. */
  get size(): number {
    return Math.max(this.#paths.length, this.names.length);
  }

  /** The id of a field by its dotted name, made when new. */
  field(name: string): number {
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    const id = this.names.length;
    this.names.push(name);
    this.#ids.set(name, id);
    this.nameUnits += name.length;
    return id;
  }

  /** The id of a known field. */
  find(name: string): number | undefined {
    return this.#ids.get(name);
  }

  /** The node of member `name` (UTF-8, in bytes [from, to)) below `parent`; `refusedNode` when the dotted name is too long. */
  child(parent: number, bytes: Uint8Array, from: number, to: number): number {
    const guess = this.#next[this.#latest]!;
    if (this.#is(guess, parent, bytes, from, to)) {
      this.#latest = guess;
      return guess;
    }
    const hash = hashOver(this.#seed ^ parent, bytes, from, to);
    const bucket = this.#slots.get(hash);
    if (bucket !== undefined) {
      for (const node of bucket) if (this.#is(node, parent, bytes, from, to)) return this.#follow(node);
    }
    return this.#add(parent, bytes.slice(from, to), hash, bucket);
  }

  #is(node: number, parent: number, bytes: Uint8Array, from: number, to: number): boolean {
    const name = this.#names[node]!;
    if (this.#parents[node] !== parent || name.length !== to - from || node === rootNode) return false;
    for (let i = 0; i < name.length; i++) if (name[i] !== bytes[from + i]) return false;
    return true;
  }

  #follow(node: number): number {
    this.#next[this.#latest] = node;
    this.#latest = node;
    return node;
  }

  #add(parent: number, name: Uint8Array, hash: number, bucket: number[] | undefined): number {
    const text = decoder.decode(name);
    const path = parent === rootNode ? topName(text) : `${this.#paths[parent]}.${text}`;
    if (path.length > documentLimits.nameBytes || Buffer.byteLength(path) > documentLimits.nameBytes)
      return refusedNode;
    const node = this.#addNode(parent, name, path);
    if (bucket === undefined) this.#slots.set(hash, [node]);
    else bucket.push(node);
    return this.#follow(node);
  }

  #addNode(parent: number, name: Uint8Array, path: string): number {
    const node = this.#paths.length;
    this.#names.push(name);
    this.#parents.push(parent);
    this.#paths.push(path);
    this.#next.push(0);
    this.fieldOf.push(path === '' && node === rootNode ? -1 : this.field(path));
    this.nameUnits += path.length;
    return node;
  }
}

function topName(name: string): string {
  return isReservedName(name) ? `_original.${name}` : name;
}

/** FNV-1a, going on from `seed`. */
function hashOver(seed: number, bytes: Uint8Array, from: number, to: number): number {
  let hash = seed;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash;
}
