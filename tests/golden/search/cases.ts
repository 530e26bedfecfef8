import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** One case: what is parsed, and what comes of it. */
export interface GoldenCase {
  readonly input: string;
  readonly expected: string;
}

const SEPARATOR = '\n----\n';

/** Cases of a file: input, a line of dashes, the expectation, an empty line. Lines that start with `## ` are remarks. */
export function goldenCases(name: string): GoldenCase[] {
  const text = readFileSync(join(import.meta.dirname, name), 'utf8');
  return text
    .split(/\n\n+/)
    .map((block) => block.replaceAll(/^## .*(\n|$)/gm, ''))
    .filter((block) => block.trim() !== '')
    .map((block) => {
      const at = block.indexOf(SEPARATOR);
      return at < 0
        ? { input: block.replace(/\n----\s*$/, '').trim(), expected: '' }
        : { input: block.slice(0, at), expected: block.slice(at + SEPARATOR.length).trimEnd() };
    });
}

/** Writes what comes of each case into the file, when GOLDEN_REWRITE is set: the change is then read by a person. */
export function rewriteGolden(name: string, actual: (input: string) => string): void {
  if (process.env['GOLDEN_REWRITE'] === undefined) return;
  const path = join(import.meta.dirname, name);
  const blocks = readFileSync(path, 'utf8')
    .split(/\n\n+/)
    .map((block) => {
      const remarks = [...block.matchAll(/^## .*$/gm)].map(([line]) => `${line}\n`).join('');
      const rest = block.replaceAll(/^## .*(\n|$)/gm, '').trim();
      if (rest === '') return remarks.trimEnd();
      const input = rest.split('\n----')[0] ?? '';
      return `${remarks}${input}${SEPARATOR}${actual(input)}`;
    });
  writeFileSync(path, `${blocks.join('\n\n').trimEnd()}\n`);
}
