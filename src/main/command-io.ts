import type { Readable, Writable } from 'node:stream';
import { endAsked, tolerateClosedOutput } from './ending.ts';

/** Where a command prints, and what it is told by the world around it. */
export interface CommandIo {
  /** Standard output: what was asked for. */
  out(text: string): void;
  /** Standard error: what is said beside it. */
  err(text: string): void;
  /** Standard output for bytes. */
  readonly bytes: Writable;
  /** Standard input. */
  readonly input: Readable;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Aborted when the user wants the command to end. */
  readonly signal: AbortSignal;
}

/** A command that was called wrongly; exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Something that the command could not do; exit code 1. The message is all that the user needs. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/**
 * The process around us. Ctrl-C aborts `signal`, and so does the end of who reads the output; a command that never asks for the signal is ended by the
 * system, as it cannot end by itself.
 */
export function processIo(): CommandIo {
  const unread = new AbortController();
  tolerateClosedOutput(() => unread.abort());
  let signal: AbortSignal | undefined;
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    bytes: process.stdout,
    get input() {
      return process.stdin; // Node opens it when it is asked for.
    },
    environment: process.env,
    get signal() {
      return (signal ??= AbortSignal.any([endAsked(), unread.signal]));
    },
  };
}

/** Whether the arguments ask how the command is called. */
export function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return args.slice(0, end < 0 ? args.length : end).some((arg) => arg === '--help' || arg === '-h');
}

/**
 * Runs `act`, or prints `usage` when that is asked for, and turns what is thrown into a sentence and an exit code: 2 for a wrong call,
 * 1 for anything that failed.
 */
export async function runCommand(
  args: readonly string[],
  io: CommandIo,
  usage: string,
  act: () => Promise<number>,
): Promise<number> {
  if (asksForHelp(args)) {
    io.out(usage);
    return 0;
  }
  try {
    return await act();
  } catch (error) {
    const failure = error as Error & { readonly code?: string };
    if (error instanceof UsageError || failure.code?.startsWith('ERR_PARSE_ARGS') === true) {
      io.err(`quarry: ${failure.message}\n\n${usage}`);
      return 2;
    }
    io.err(`quarry: ${failure.message}\n`);
    return 1;
  }
}
