// `node scripts/run.mjs TASK [arguments]`: the developer tasks of package.json, under Node 24.
import { join } from 'node:path';
import { ensureInstalled, findNode24, programFlags, root, run } from './node24.mjs';

const bin = (name, file) => join(root, 'node_modules', name, file);
const tasks = {
  check: [
    [bin('@biomejs/biome', 'bin/biome'), 'format', '.'],
    [bin('oxlint', 'bin/oxlint'), '--type-aware', '--deny-warnings', '.'],
    [bin('typescript', 'bin/tsc'), '--noEmit'],
    [bin('vitest', 'vitest.mjs'), 'run', 'tests/unit', 'tests/style'],
  ],
  build: [[bin('typescript', 'bin/tsc'), '-p', 'tsconfig.build.json']],
  compat: [['compat-tests/run.ts']],
  conformance: [['compat-tests/conformance.ts']],
  rights: [['compat-tests/rights/main.ts']],
  wire: [['compat-tests/wire/main.ts']],
  bench: [['bench/run.ts']],
  endurance: [['bench/endurance/run.ts']],
  chaos: [['chaos/run.ts']],
  fuzz: [['fuzz/run.ts']],
  simulate: [['simulation/run.ts']],
  'simulate:groups': [['simulation/groups-run.ts']],
  'simulate:compaction': [['simulation/compaction-run.ts']],
  'simulate:erasure': [['simulation/erasure-run.ts']],
  'simulate:transactions': [['simulation/transactions-run.ts']],
  'simulate:share': [['simulation/share-run.ts']],
};

const [task, ...rest] = process.argv.slice(2);
const steps = tasks[task ?? ''];
if (steps === undefined) {
  process.stderr.write(`usage: node scripts/run.mjs ${Object.keys(tasks).join('|')} [arguments]\n`);
  process.exit(2);
}
ensureInstalled();
const node = findNode24();
const flags = programFlags(node === process.execPath ? process.version : 'v24');
for (const [index, step] of steps.entries()) {
  const extra = index === steps.length - 1 ? rest : [];
  const code = await run(node, [...flags, ...step, ...extra], { cwd: root });
  if (code !== 0) process.exit(code);
}
