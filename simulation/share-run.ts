import { parseArgs } from 'node:util';
import { simulateShare } from './share.ts';

const { values } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, seeds: { type: 'string', default: '1' } },
});

/** Runs the simulation of a share partition with `--seeds` seeds from `--seed` on; stops at the first that finds something. */
async function main(first: number, count: number): Promise<number> {
  let judged = 0;
  for (let seed = first; seed < first + count; seed++) {
    try {
      judged += (await simulateShare(seed)).judged;
    } catch (error) {
      process.stdout.write(`seed ${seed}: ${String(error)}\nagain: node simulation/share-run.ts --seed ${seed}\n`);
      return 1;
    }
  }
  process.stdout.write(`${count} seeds: ${judged} answers judged, nothing wrong\n`);
  return 0;
}

process.exitCode = await main(Number(values.seed), Number(values.seeds));
