import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { areaOf, conformancePage } from '../../../compat-tests/conformance-table.ts';
import { type CaseResult, judged } from '../../../compat-tests/report.ts';
import { root } from '../../style/sources.ts';

const result = (name: string, ok: boolean): CaseResult => ({ client: 'java', case: name, ok, detail: '', ms: 1 });

describe('the conformance page', () => {
  const kafka = [result('txn-commit', true), result('admin-list', true), result('share-release', true)];
  const quarry = [result('txn-commit', true), result('admin-list', false), result('share-release', false)];
  const page = conformancePage(kafka, quarry, { 'admin-list': 'because' }, '4.3.1');

  test('counts by area and in all', () => {
    expect(page).toContain('| Transactions | 1 | 1 | 1 |');
    expect(page).toContain('| all | 3 | 3 | 1 |');
  });

  test('names every case on which the two differ with its reason, or says that there is none', () => {
    expect(page).toContain('| `admin-list` | because |');
    expect(page).toContain('| `share-release` | not explained |');
    expect(page).not.toContain('| `txn-commit` | not explained |');
    expect(conformancePage(kafka, kafka, {}, '4.3.1')).toContain('differ\n\nNone.');
  });

  test('shows a case that only one broker has run as failed on the other', () => {
    expect(conformancePage(kafka, [], {}, '4.3.1')).toContain('| `txn-commit` | ok | **fails** |');
  });

  test('wants an area for every case', () => {
    expect(areaOf('consumergroup-range')).toBe('Consumer groups (KIP-848)');
    expect(() => areaOf('something-else')).toThrow("no area for the case 'something-else'");
    const folder = join(root, 'compat-tests', 'java');
    const sources = readdirSync(folder).filter((name) => name.endsWith('Cases.java'));
    const names = sources.flatMap((name) =>
      [...readFileSync(join(folder, name), 'utf8').matchAll(/suite\.add\("([^"]+)"/g)].map((match) => match[1] ?? ''),
    );
    expect(names.length).toBeGreaterThan(300);
    for (const name of names) expect(areaOf(name)).not.toBe('');
  });
});

describe('known deviations', () => {
  const known = { 'admin-list': 'because' };

  test('are forgiven while they fail', () => {
    expect(judged([result('admin-list', false), result('txn-commit', false)], known)).toEqual([
      result('txn-commit', false),
    ]);
  });

  test('are failures once they pass', () => {
    expect(judged([result('admin-list', true)], known)[0]?.ok).toBe(false);
  });
});
