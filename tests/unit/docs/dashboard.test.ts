import { expect, test } from 'vitest';
import { dashboard } from '../../../scripts/grafana/dashboard.ts';
import { rows } from '../../../scripts/grafana/panels.ts';
import { sources } from '../../style/sources.ts';
import { textOf } from './pages.ts';

const page = textOf('docs/operations.md');
const stored = JSON.parse(textOf('docs/grafana/quarry.json')) as {
  panels: { id: number; type: string; gridPos: Record<'x' | 'y' | 'w' | 'h', number>; targets?: { expr: string }[] }[];
};
const expressions = stored.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

/** The labels of each metric, by the table of operations.md. */
function described(): ReadonlyMap<string, ReadonlySet<string>> {
  const rowsOfTable = page.split('\n').filter((line) => line.startsWith('| `quarry_'));
  return new Map(
    rowsOfTable.flatMap((line) => {
      const [, names = '', labels = ''] = line.split('|');
      const named = new Set([...labels.matchAll(/`(\w+)`/g)].map((match) => match[1] ?? ''));
      return [...names.matchAll(/`(quarry_\w+)`/g)].map((match) => [match[1] ?? '', named] as const);
    }),
  );
}

/** Metrics of the code that are histograms: they show as buckets, sums and counts. */
const histograms = new Set(
  sources('src').flatMap(({ text }) =>
    [...text.matchAll(/histogram\(\s*'(quarry_\w+)'/g)].map((match) => match[1] ?? ''),
  ),
);
const baseOf = (name: string): string => {
  const base = name.replace(/_(bucket|sum|count)$/, '');
  return histograms.has(base) ? base : name;
};

test('the dashboard that is stored is the one that its panels make', () => {
  expect(stored).toEqual(JSON.parse(JSON.stringify(dashboard())));
});

test('every metric that the dashboard asks for exists', () => {
  const known = described();
  expect(expressions.length).toBeGreaterThan(60);
  const asked = new Set(expressions.flatMap((expr) => expr.match(/quarry_\w+/g) ?? []));
  expect([...asked].filter((name) => !known.has(baseOf(name)))).toEqual([]);
  expect(histograms.size).toBeGreaterThan(10);
  // A histogram has no value of its own, and nothing else has buckets.
  expect([...asked].filter((name) => histograms.has(name))).toEqual([]);
});

test('labels by which the dashboard divides or chooses are those of the metric', () => {
  const known = described();
  const wrong = expressions.flatMap((expr) => {
    const labels = new Set(
      [...known.keys()].filter((name) => expr.includes(name)).flatMap((name) => [...(known.get(name) ?? [])]),
    );
    const used = [
      ...[...expr.matchAll(/by \(([^)]*)\)/g)].flatMap((match) => (match[1] ?? '').split(', ')),
      ...[...expr.matchAll(/(\w+)(?:=~|!=|=)"/g)].map((match) => match[1] ?? ''),
    ];
    return used
      .filter((label) => !labels.has(label) && label !== 'le' && label !== 'instance')
      .map((label) => `${label}: ${expr}`);
  });
  expect(wrong).toEqual([]);
});

test('lines are named by labels that the expression keeps', () => {
  const wrong = rows.flatMap(({ panels }) =>
    panels.flatMap(({ title, queries }) =>
      queries.flatMap(({ expr, legend }) =>
        [...legend.matchAll(/\{\{(\w+)\}\}/g)]
          .map((match) => match[1] ?? '')
          .filter((label) => !new RegExp(`by \\([^)]*\\b${label}\\b`).test(expr))
          .map((label) => `${title}: ${label}`),
      ),
    ),
  );
  expect(wrong).toEqual([]);
});

test('panels say what they show, have ids of their own and do not overlap', () => {
  for (const panel of rows.flatMap(({ panels }) => panels)) expect(panel.about, panel.title).toMatch(/^[A-Z].*\.$/);
  expect(new Set(stored.panels.map(({ id }) => id)).size).toBe(stored.panels.length);
  const cells = stored.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_none, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
});
