import { PassThrough } from 'node:stream';
import type { CommandIo } from '../../../src/main/command-io.ts';

export interface RecordedIo extends CommandIo {
  /** What was printed so far. */
  readonly printed: { out: string; err: string };
  stop(): void;
}

/** A terminal that remembers. */
export function recordedIo(environment: Record<string, string> = {}): RecordedIo {
  const printed = { out: '', err: '' };
  const ending = new AbortController();
  return {
    printed,
    environment,
    signal: ending.signal,
    bytes: new PassThrough(),
    input: new PassThrough(),
    out: (text) => void (printed.out += text),
    err: (text) => void (printed.err += text),
    stop: () => ending.abort(),
  };
}
