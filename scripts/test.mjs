// `npm test [-- vitest arguments]`: installs what is missing, then runs every test.
import { join } from 'node:path';
import { ensureInstalled, findNode24, root, run } from './node24.mjs';

ensureInstalled();
const node = findNode24();
process.exit(
  await run(node, [join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', ...process.argv.slice(2)], { cwd: root }),
);
