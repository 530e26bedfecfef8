import { defineConfig } from 'vitest/config';
import { threadFlags } from './scripts/node24.mjs';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    execArgv: threadFlags(),
    // A machine that others load too must not fail a build; a test that needs a second try is named in the output.
    retry: process.env['CI'] === undefined ? 0 : 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
