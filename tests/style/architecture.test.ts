import { describe, expect, test } from 'vitest';
import { importsOf, sources } from './sources.ts';

/** From top to bottom: a folder may import from rows below its own, and from itself. Nothing else. */
const ROWS = [
  ['main'],
  ['broker'],
  ['kafka', 'http'],
  ['coordination', 'processor', 'search', 'sql'],
  ['log'],
  ['wal', 'packs', 'fulltext', 'lake', 'security', 'state'],
  ['metadata', 'objects', 'config'],
  ['base', 'protocol'],
] as const;

const rowOf = (layer: string): number => ROWS.findIndex((row) => (row as readonly string[]).includes(layer));
const layerOf = (path: string): string => (path.startsWith('protocol/') ? 'protocol' : (path.split('/')[1] ?? ''));

function allowed(from: string, to: string): boolean {
  if (from === to) return true;
  if (from === 'protocol') return false;
  if (to === 'config') return from === 'broker' || from === 'main';
  return rowOf(to) > rowOf(from);
}

describe('architecture', () => {
  const files = sources('src', 'protocol');

  test('every source file lies in a layer of the table', () => {
    expect(files.filter((file) => rowOf(layerOf(file.path)) < 0).map((file) => file.path)).toEqual([]);
    expect(files.length).toBeGreaterThan(100);
  });

  test('imports go downward only, never along a row', () => {
    let seen = 0;
    const wrong: string[] = [];
    for (const file of files) {
      for (const imported of importsOf(file)) {
        seen++;
        if (!allowed(layerOf(file.path), layerOf(imported))) wrong.push(`${file.path} -> ${imported}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(seen).toBeGreaterThan(200);
  });

  test('the rule itself refuses what it must', () => {
    expect(allowed('wal', 'packs')).toBe(false);
    expect(allowed('base', 'log')).toBe(false);
    expect(allowed('protocol', 'base')).toBe(false);
    expect(allowed('kafka', 'config')).toBe(false);
    expect(allowed('kafka', 'log')).toBe(true);
  });

  test('product code does not import tests or tools', () => {
    const wrong = files.flatMap((file) =>
      importsOf(file)
        .filter((imported) => !imported.startsWith('src/') && !imported.startsWith('protocol/'))
        .map((imported) => `${file.path} -> ${imported}`),
    );
    expect(wrong).toEqual([]);
  });
});
