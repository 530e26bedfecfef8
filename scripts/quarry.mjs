#!/usr/bin/env node
// The `quarry` command: the program under Node 24, from dist/ where it is built, from the sources in a clone.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { become, ensureInstalled, findNode24, programFlags, root } from './node24.mjs';

ensureInstalled();
const source = join(root, 'src', 'main', 'main.ts');
const entry = existsSync(source) ? source : join(root, 'dist', 'src', 'main', 'main.js');
// What producers and groups leave behind dies young. Twice 8 MiB hold it; with V8's own size the process grows by more than 100 MiB before it is collected. What
// lives longer may grow by half before it is collected: with V8's own measure 45 MiB of 200 groups became 90.
const memory = ['--max-semi-space-size=8', '--heap-growing-percent=50'];
const node = findNode24();
const version = node === process.execPath ? process.version : 'v24';
// The C library of most Linux systems (glibc) keeps what a thread frees for that thread, and more the larger a buffer was that was freed. With fixed limits
// buffers of 256 KiB and more go back to the system at once: hundreds of MiB where many threads work. Whoever sets these is asked first.
const allocation = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: '262144',
  MALLOC_TRIM_THRESHOLD_: '262144',
};
const args = [...programFlags(version), ...memory, entry, ...process.argv.slice(2)];
process.exit(await become(node, args, { ...allocation, ...process.env }));
