import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { type CloudServer, startVersityGw } from './cloud-servers.ts';
import { remoteStoreContract } from './remote.ts';

/** Another S3-speaking server than the one of every run. Building it takes minutes: `LONG=1 npm test -- tests/contract/objects`. */
describe.runIf(process.env['LONG'] !== undefined)('against an S3 gateway over a folder', () => {
  let server: CloudServer;
  let folder: string;

  beforeAll(async () => {
    process.env['AWS_ACCESS_KEY_ID'] = 'test';
    process.env['AWS_SECRET_ACCESS_KEY'] = 'test';
    folder = mkdtempSync(join(tmpdir(), 'quarry-versitygw-'));
    // A bucket is a folder there.
    for (const bucket of ['plain', 'stack']) mkdirSync(join(folder, 'buckets', bucket), { recursive: true });
    server = await startVersityGw(folder);
  }, 900_000);

  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  // It has no storage classes.
  remoteStoreContract('s3', (path) => `s3://${path}?endpoint=${encodeURIComponent(server.endpoint)}`, []);
});
