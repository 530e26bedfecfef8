// `npm run fuzz [-- --seed N --iterations N --only NAME]`: throws mutated and random input at every decoder.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Random, seededRandom } from '../src/base/random.ts';

/** A decoder under fuzz. `run` throws when the decoder does anything but accept or refuse properly. */
export interface FuzzTarget {
  readonly name: string;
  run(random: Random, iterations: number): void | Promise<void>;
}

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    iterations: { type: 'string', default: '20000' },
    only: { type: 'string', default: '' },
  },
});

const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.ts') && name !== 'run.ts');
let ran = 0;
let failed = 0;
for (const file of files) {
  const { targets = [] } = (await import(join(import.meta.dirname, file))) as { targets?: readonly FuzzTarget[] };
  for (const target of targets.filter(({ name }) => name.includes(values.only))) {
    const started = performance.now();
    ran++;
    try {
      await target.run(seededRandom(Number(values.seed)), Number(values.iterations));
      console.log(`ok      ${target.name} (${Math.round(performance.now() - started)} ms)`);
    } catch (error) {
      failed++;
      console.log(`failed  ${target.name} with seed ${values.seed}`, error);
    }
  }
}
console.log(`${ran - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 && ran > 0 ? 0 : 1;
