import { describe, expect, test } from 'vitest';
import { FeatureLevels, type FeatureUpdate, type UpgradeType } from '../../../../src/kafka/features.ts';
import { openInlineSqlite } from '../../../../src/metadata/sqlite-inline.ts';

const ELR = 'eligible.leader.replicas.version';
const update = (feature: string, level: number, type: UpgradeType): FeatureUpdate => ({ feature, level, type });

async function changed(...updates: FeatureUpdate[]) {
  const levels = await FeatureLevels.open(openInlineSqlite(':memory:'));
  return { refused: await levels.update(updates, false), levels };
}

describe('levels of features', () => {
  test('follow the software until somebody sets them, and then stay over a restart', async () => {
    const sql = openInlineSqlite(':memory:');
    const first = await FeatureLevels.open(sql);
    expect([first.level('metadata.version'), first.level(ELR), first.epoch]).toEqual([30, 1, 0]);
    expect(await first.update([update(ELR, 0, 'safe-downgrade')], false)).toBeUndefined();
    const second = await FeatureLevels.open(sql);
    expect([second.level('metadata.version'), second.level(ELR), second.epoch]).toEqual([30, 0, 1]);
    expect(second.finalized().map(({ name }) => name)).not.toContain(ELR);
  });

  test('a dry run changes nothing', async () => {
    const levels = await FeatureLevels.open(openInlineSqlite(':memory:'));
    expect(await levels.update([update(ELR, 0, 'safe-downgrade')], true)).toBeUndefined();
    expect([levels.level(ELR), levels.epoch]).toEqual([1, 0]);
  });

  test.each([
    ['down as an upgrade', update(ELR, 0, 'upgrade')],
    ['up as a downgrade', update('metadata.version', 31, 'safe-downgrade')],
    ['above what is supported', update(ELR, 2, 'upgrade')],
    ['below what is supported', update('metadata.version', 0, 'unsafe-downgrade')],
    ['below zero', update(ELR, -1, 'safe-downgrade')],
    ['of a feature that is not there', update('nope.version', 1, 'upgrade')],
    ['of an unknown kind', update(ELR, 1, 'unknown')],
    ['down to where metadata changed its form', update('metadata.version', 29, 'unsafe-downgrade')],
  ])('do not go %s', async (_, wanted) => {
    const { refused, levels } = await changed(wanted);
    expect(refused).toContain(wanted.feature);
    expect(levels.epoch).toBe(0);
  });

  test('change all or none, and see each other', async () => {
    const { refused, levels } = await changed(update(ELR, 0, 'safe-downgrade'), update(ELR, 7, 'upgrade'));
    expect(refused).toContain('7');
    expect(levels.level(ELR)).toBe(1);
  });
});
