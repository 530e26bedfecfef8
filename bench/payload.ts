import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../compat-tests/brokers/cache.ts';

/** Values of this many bytes, one a line, for all clients. */
export const RECORD_BYTES = 1024;
const LINES = 8192;

/** Small generator of repeatable numbers in [0, 1): every machine measures with the same payload. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function words(next: () => number, count: number): string[] {
  const letter = (): string => String.fromCharCode(97 + Math.floor(next() * 26));
  return Array.from({ length: count }, () => Array.from({ length: 3 + Math.floor(next() * 9) }, letter).join(''));
}

function line(next: () => number, vocabulary: readonly string[]): string {
  // A few words are frequent and most are rare, as in real logs.
  const word = (): string => vocabulary[Math.floor(next() ** 3 * vocabulary.length)] ?? '';
  const hex = (): string =>
    Math.floor(next() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  const level = ['INFO', 'INFO', 'DEBUG', 'WARN', 'ERROR'][Math.floor(next() * 5)];
  const fields = { level, service: word(), trace: hex() + hex(), status: 200 + Math.floor(next() * 300) };
  let text = `${JSON.stringify(fields).slice(0, -1)},"message":"`;
  while (text.length < RECORD_BYTES) text += `${word()} `;
  return `${text.slice(0, RECORD_BYTES - 2)}"}`;
}

/** File of log lines as JSON, each of 1 KiB, made once. */
export function payloadFile(): string {
  const path = join(cacheFolder(), 'bench-payload-1.jsonl');
  if (existsSync(path)) return path;
  const next = sequence(7);
  const vocabulary = words(next, 5000);
  const lines = Array.from({ length: LINES }, () => line(next, vocabulary));
  writeFileSync(`${path}.partial`, `${lines.join('\n')}\n`);
  renameSync(`${path}.partial`, path);
  return path;
}
