import { cpSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../compat-tests/brokers/cache.ts';

/** A bug planted in a copy of the program: one piece of text put in place of another. */
export interface PlantedBug {
  /** What goes wrong, in a sentence. */
  readonly what: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Names of the anomalies that may come of it. */
  readonly shows: readonly string[];
}

/** By name. */
export const BUGS: Readonly<Record<string, PlantedBug>> = {
  'aborted-shown': {
    what: 'an abort marker is taken for a commit',
    file: 'src/log/producer-states.ts',
    from: "aborted: marker.type === 'abort'",
    to: 'aborted: false',
    shows: ['aborted-read', 'torn-transaction'],
  },
  'open-shown': {
    what: 'open transactions do not hold back the last stable offset (which the log itself may notice and stop)',
    file: 'src/log/producer-states.ts',
    from: 'for (const offset of this.#open.values())',
    to: 'for (const offset of [] as number[])',
    shows: ['precommitted-read', 'aborted-read', 'poll-skip', 'crash'],
  },
  'retry-appended': {
    what: 'a batch that was sent twice is appended twice',
    file: 'src/log/producer.ts',
    from: 'return producer.batches.find((one) => one.firstSequence === header.baseSequence && one.lastSequence === last);',
    to: 'return last < 0 ? producer.batches[0] : undefined;',
    shows: ['duplicate', 'lost-write', 'stuck'],
  },
  'offsets-dropped': {
    what: 'a commit drops the offsets of its transaction, as an abort does, until the next start',
    file: 'src/coordination/transactions/ending.ts',
    from: 'this.#parts.groups.releaseOffsets(groupId, decided.producerId, commit);',
    to: 'this.#parts.groups.releaseOffsets(groupId, decided.producerId, false);',
    shows: ['torn-offsets'],
  },
  'one-marker': {
    what: 'only the first partition of a transaction gets its marker',
    file: 'src/coordination/transactions/markers.ts',
    from: 'for (const partition of decided.partitions.values()) {',
    to: 'for (const partition of [...decided.partitions.values()].slice(0, 1)) {',
    shows: ['stuck', 'torn-transaction', 'lost-write'],
  },
};

/** Copies the program with the bug in it; gives the folder. Throws when the text to be replaced is not there exactly once. */
export function plant(bug: PlantedBug): string {
  const copy = mkdtempSync(join(tmpdir(), 'quarry-bug-'));
  for (const folder of ['src', 'protocol']) cpSync(join(root, folder), join(copy, folder), { recursive: true });
  cpSync(join(root, 'package.json'), join(copy, 'package.json'));
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  const path = join(copy, bug.file);
  const text = readFileSync(path, 'utf8');
  if (text.split(bug.from).length !== 2) throw new Error(`${bug.file} does not hold exactly once: ${bug.from}`);
  writeFileSync(
    path,
    text.replace(bug.from, () => bug.to),
  );
  return copy;
}
