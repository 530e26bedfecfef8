#!/usr/bin/env node
// The `quarry` command: the program under Node 24, from dist/ where it is built, from the sources in a clone.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensureInstalled, findNode24, root, run } from './node24.mjs';

ensureInstalled();
const source = join(root, 'src', 'main', 'main.ts');
const entry = existsSync(source) ? source : join(root, 'dist', 'src', 'main', 'main.js');
process.exit(await run(findNode24(), ['--disable-warning=ExperimentalWarning', entry, ...process.argv.slice(2)]));
