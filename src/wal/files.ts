import type { Disk } from '../base/disk.ts';

const SEGMENT = /^(\d{20})\.wal$/;
const INDEX = /^(\d{20})\.idx$/;
const SPARE = /^spare-(\d+)\.wal$/;

/** Width that makes names sort as their sequences do. */
function digits(sequence: number): string {
  return String(sequence).padStart(20, '0');
}

export const segmentPath = (folder: string, sequence: number): string => `${folder}/${digits(sequence)}.wal`;
export const indexPath = (folder: string, sequence: number): string => `${folder}/${digits(sequence)}.idx`;
export const sparePath = (folder: string, number: number): string => `${folder}/spare-${number}.wal`;
export const quarantinePath = (folder: string, sequence: number, position: number): string =>
  `${folder}/quarantine/${digits(sequence)}-${position}.bin`;

/** What lies in a WAL folder, by sequence. */
export interface WalFiles {
  readonly segments: readonly number[];
  readonly indexes: readonly number[];
  /** Numbers of spare files. */
  readonly spares: readonly number[];
  /** Half-written files of an earlier run. */
  readonly leftovers: readonly string[];
}

/** Looks at the names in a WAL folder. */
export function listWal(disk: Disk, folder: string): WalFiles {
  const names = disk
    .list(folder)
    .filter((entry) => !entry.directory)
    .map((entry) => entry.name);
  const numbers = (pattern: RegExp): number[] =>
    names
      .flatMap((name) => pattern.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
  return {
    segments: numbers(SEGMENT),
    indexes: numbers(INDEX),
    spares: numbers(SPARE),
    leftovers: names.filter((name) => name.endsWith('.tmp')).map((name) => `${folder}/${name}`),
  };
}
