import { expect, test } from 'vitest';
import { deviations } from '../../../compat-tests/deviations.ts';
import { namesInTables, textOf } from './pages.ts';

const page = textOf('docs/conformance.md');
const rows = [...page.matchAll(/^\| `([^`]+)` \| (ok|\*\*fails\*\*) \| (ok|\*\*fails\*\*) \|$/gm)];

test('the conformance page has more than 120 cases, and all of them pass on Apache Kafka', () => {
  expect(rows.length).toBeGreaterThan(120);
  expect(rows.filter(([, , kafka]) => kafka !== 'ok').map(([, name]) => name)).toEqual([]);
  expect(page).toContain(`| all | ${rows.length} | ${rows.length} |`);
});

test('every case that fails on Quarry is a deviation with a reason, and the page gives it', () => {
  const failing = rows.filter(([, , , quarry]) => quarry !== 'ok').map(([, name]) => name ?? '');
  expect(failing.filter((name) => deviations[name] === undefined)).toEqual([]);
  for (const name of failing) expect(page).toContain(`| \`${name}\` | ${deviations[name]} |`);
  expect(Object.keys(deviations).filter((name) => !namesInTables(page).has(name))).toEqual([]);
});
