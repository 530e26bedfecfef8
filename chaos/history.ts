/** One value at a place: partition, offset, value. */
export type Place = readonly [partition: number, offset: number, value: string];

/** What a client saw, as chaos/java writes it. `w` is the client, `t` milliseconds of one clock, `x` the transaction. */
export type Event =
  | {
      readonly e: 'begin';
      readonly w: string;
      readonly t: number;
      readonly x: string;
      readonly reads: readonly string[];
    }
  | {
      readonly e: 'send';
      readonly w: string;
      readonly t: number;
      readonly x?: string;
      readonly p: number;
      readonly v: string;
    }
  | { readonly e: 'commit'; readonly w: string; readonly t: number; readonly x: string; readonly mark?: number }
  | { readonly e: 'ok'; readonly w: string; readonly t: number; readonly x: string; readonly s: readonly Place[] }
  | { readonly e: 'abort' | 'aborted'; readonly w: string; readonly t: number; readonly x: string }
  | { readonly e: 'unknown'; readonly w: string; readonly t: number; readonly x: string; readonly why: string }
  /** The group's committed mark after a recovery: number of the last transaction that it holds, -1 for none. */
  | { readonly e: 'mark'; readonly w: string; readonly t: number; readonly mark: number }
  | { readonly e: 'acked'; readonly w: string; readonly t: number; readonly s: readonly Place[] }
  | { readonly e: 'unsure'; readonly w: string; readonly t: number; readonly v: string; readonly why: string }
  /** `iso` is c for read_committed. Polls with the same `n` of one client follow each other; -1 follows nothing. */
  | {
      readonly e: 'read';
      readonly w: string;
      readonly t: number;
      readonly iso: 'c' | 'u';
      readonly n: number;
      readonly r: readonly Place[];
    }
  /** Ends of all partitions; `w` is hwm or lso. */
  | { readonly e: 'ends'; readonly w: string; readonly t: number; readonly ends: readonly number[] }
  | { readonly e: 'stumbled'; readonly w: string; readonly t: number; readonly why: string }
  /** The end of the last reading: whole, cut short, or with transactions that never ended. */
  | { readonly e: 'end' | 'unread' | 'hanging'; readonly w: string; readonly t: number };

/** The events of a history in JSON lines. Throws SyntaxError. */
export function parseHistory(text: string): Event[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Event);
}
