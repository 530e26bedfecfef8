import { describe, expect, test } from 'vitest';
import { importsOf, type SourceFile, sources } from './sources.ts';

const MAX_FILE_LINES = 500;
const MAX_FUNCTION_LINES = 60;
const BANNED_NAMES = /(^|[-/.])(utils?|helpers?|managers?|common|misc)([-/.]|$)/i;

/** Functions, methods and arrow functions with a block body: name and length in lines, by indentation (the formatter guarantees it). */
function functionsOf(file: SourceFile): { name: string; line: number; length: number }[] {
  const found: { name: string; line: number; length: number }[] = [];
  const start =
    /^(\s*)(?:export )?(?:(?:async |static |override |private |get |set )*(?:function\*? )?([#\w$]+)(?:<.*>)?\(.*\).*\{|(?:const|let) ([\w$]+)[^=]*= (?:async )?\(.*\).*=> \{|(?:async )?function\*? ?([\w$]*)\(.*|(?:export )?function\*? ([\w$]+).*\()$/;
  for (const [index, line] of file.lines.entries()) {
    const match = start.exec(line);
    if (match === null || /^\s*(if|for|while|switch|catch|return|else)\b/.test(line)) continue;
    const indent = match[1] ?? '';
    const end = file.lines.findIndex(
      (later, at) =>
        at > index &&
        later.startsWith(`${indent}}`) &&
        !/^\s*\}\s*[,:]?.*=>/.test(later) &&
        !later.startsWith(`${indent}}):`) &&
        !later.startsWith(`${indent}}:`),
    );
    const name = match[2] ?? match[3] ?? match[4] ?? match[5] ?? '?';
    if (end > index) found.push({ name, line: index + 1, length: end - index + 1 });
  }
  return found;
}

describe('tidy', () => {
  const product = sources('src', 'protocol');
  const all = [...product, ...sources('tests', 'simulation', 'fuzz', 'bench', 'compat-tests', 'chaos')];

  test(`no file is longer than ${MAX_FILE_LINES} lines`, () => {
    expect(
      all.filter((file) => file.lines.length > MAX_FILE_LINES).map((file) => `${file.path}: ${file.lines.length}`),
    ).toEqual([]);
  });

  test(`no function is longer than ${MAX_FUNCTION_LINES} lines`, () => {
    const functions = product.flatMap((file) => functionsOf(file).map((found) => ({ ...found, path: file.path })));
    const long = functions.filter((found) => found.length > MAX_FUNCTION_LINES);
    expect(long.map((found) => `${found.path}:${found.line} ${found.name} has ${found.length} lines`)).toEqual([]);
    expect(functions.length).toBeGreaterThan(300);
  });

  test('files have names that say what is in them', () => {
    expect(all.filter((file) => BANNED_NAMES.test(file.path)).map((file) => file.path)).toEqual([]);
  });

  test('time, timers and randomness come from base/ only', () => {
    const banned = /\b(Date\.now|performance\.now|Math\.random|setTimeout|setInterval|new Date\(\))\b|\bnew Date\(\)/;
    const wrong = product
      .filter((file) => !file.path.startsWith('src/base/'))
      .flatMap((file) =>
        file.lines
          .map((line, index) => ({ line, at: `${file.path}:${index + 1}` }))
          .filter(({ line }) => banned.test(line.replace(/^\s*(\*|\/\/).*/, '')))
          .map(({ at }) => at),
      );
    expect(wrong).toEqual([]);
  });

  test('no enums, namespaces, default exports, ts-ignore or leftovers', () => {
    const banned =
      /^\s*(export )?(declare )?(const )?(enum|namespace) \w|^export default|@ts-(ignore|nocheck)|\b(TODO|FIXME|XXX)\b/;
    const wrong = all
      .filter((file) => !file.path.startsWith('tests/style/'))
      .flatMap((file) =>
        file.lines.map((line, index) => (banned.test(line) ? `${file.path}:${index + 1} ${line.trim()}` : '')),
      );
    expect(wrong.filter((line) => line !== '')).toEqual([]);
  });

  test('no file of the product is dead', () => {
    const everything = [...all, ...sources('scripts')];
    const imported = new Set(everything.flatMap(importsOf));
    const entries = [/^src\/main\/main\.ts$/, /^src\/(broker|lake|state)\/index\.ts$/, /-worker\.ts$/];
    const dead = product.filter((file) => !imported.has(file.path) && !entries.some((entry) => entry.test(file.path)));
    expect(dead.map((file) => file.path)).toEqual([]);
  });
});
