#!/usr/bin/env node
// The `quarry` command: the program under Node 24, from dist/ where it is built, from the sources in a clone.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { become, ensureInstalled, findNode24, programFlags, root } from './node24.mjs';

ensureInstalled();
const source = join(root, 'src', 'main', 'main.ts');
const entry = existsSync(source) ? source : join(root, 'dist', 'src', 'main', 'main.js');
// What producers and groups leave behind dies young. Twice 8 MiB hold it; with V8's own size the process grows by more than 100 MiB before it is collected.
const memory = '--max-semi-space-size=8';
const node = findNode24();
const version = node === process.execPath ? process.version : 'v24';
process.exit(await become(node, [...programFlags(version), memory, entry, ...process.argv.slice(2)]));
