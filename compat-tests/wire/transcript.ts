import type { WireArea } from './area.ts';
import { World } from './world.ts';

/** What a broker answered to each case, by `area: case`. */
export type Transcript = ReadonlyMap<string, readonly string[]>;

/** Runs the cases whose title matches, in order, against an empty broker. */
export async function transcribe(bootstrap: string, areas: readonly WireArea[], only = /(?:)/): Promise<Transcript> {
  const world = await World.open(bootstrap);
  const transcript = new Map<string, readonly string[]>();
  try {
    for (const area of areas) {
      for (const [name, run] of Object.entries(area.cases)) {
        const title = `${area.name}: ${name}`;
        if (!only.test(title)) continue;
        try {
          await run(world);
        } catch (error) {
          world.write(`the case failed: ${error instanceof Error ? error.message : String(error)}`);
        }
        transcript.set(title, world.take());
      }
    }
  } finally {
    world.close();
  }
  return transcript;
}

/** The text of a golden file: a title, then an indented line for each line of the answer. */
export function textOf(transcript: Transcript): string {
  return [...transcript]
    .map(([title, lines]) => [title, ...lines.map((line) => `    ${line}`), ''].join('\n'))
    .join('\n');
}

/** Reads what `textOf` wrote. */
export function transcriptOf(text: string): Transcript {
  const transcript = new Map<string, string[]>();
  let lines: string[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('    ')) lines.push(line.slice(4));
    else if (line !== '') {
      lines = [];
      transcript.set(line, lines);
    }
  }
  return transcript;
}

export interface Difference {
  readonly title: string;
  readonly expected: readonly string[];
  readonly got: readonly string[];
}

/** Cases of `expected` that `got` answers in another way or does not have, and cases that only `got` has. */
export function differences(expected: Transcript, got: Transcript): Difference[] {
  const titles = [...new Set([...expected.keys(), ...got.keys()])];
  return titles
    .map((title) => ({
      title,
      expected: expected.get(title) ?? ['(no such case)'],
      got: got.get(title) ?? ['(not run)'],
    }))
    .filter((one) => one.expected.join('\n') !== one.got.join('\n'));
}
