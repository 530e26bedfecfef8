import { parseArgs } from 'node:util';
import { simulateConsumerGroups } from './consumer-groups.ts';
import { simulateGroups } from './groups.ts';

const { values } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, seeds: { type: 'string', default: '1' } },
});

/** Runs the simulations of classic and of consumer groups with `--seeds` seeds from `--seed` on; stops at the first that finds something. */
async function main(first: number, count: number): Promise<number> {
  let judged = 0;
  for (let seed = first; seed < first + count; seed++) {
    try {
      judged += (await simulateGroups(seed)).judged;
      judged += (await simulateConsumerGroups(seed)).judged;
    } catch (error) {
      process.stdout.write(`seed ${seed}: ${String(error)}\nagain: node simulation/groups-run.ts --seed ${seed}\n`);
      return 1;
    }
  }
  process.stdout.write(`${count} seeds: ${judged} answers judged, nothing wrong\n`);
  return 0;
}

process.exitCode = await main(Number(values.seed), Number(values.seeds));
