import type { FrozenMemtable } from './memtable.ts';

/** A row group ends at so many bytes of keys, values and headers: that many of each file are in memory when it is merged. */
export const GROUP_BYTES = 8 * 1024 * 1024;
/** … or at so many rows: the statistics of small rows are worth their place, and readers go through them in parallel. */
export const GROUP_ROWS = 50_000;

/** Cuts rows into row groups. */
export function* rowGroups(frozen: FrozenMemtable, rows: Uint32Array, maxRows: number): Generator<Uint32Array> {
  let start = 0;
  let bytes = 0;
  for (let at = 0; at < rows.length; at++) {
    bytes += frozen.payloadBytes(rows[at]!);
    if (at + 1 - start < maxRows && bytes < GROUP_BYTES) continue;
    yield rows.subarray(start, at + 1);
    start = at + 1;
    bytes = 0;
  }
  if (start < rows.length) yield rows.subarray(start);
}
