// A program that starts and stops brokers and then has nothing more to do: it ends only when they leave nothing behind.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Broker } from '../../../src/broker/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'quarry-exit-'));
for (const dataDir of ['memory:', folder]) {
  const broker = await Broker.start({ settings: { 'data.dir': dataDir, 'kafka.port': 0, 'http.port': 0 } });
  const port = Number(broker.bootstrap.split(':')[1]);
  const taken = await Broker.start({ settings: { 'kafka.port': port } }).catch(
    (error: NodeJS.ErrnoException) => error.code,
  );
  await fetch(`http://${broker.httpAddress}/health`);
  await broker.stop();
  await broker.stop();
  process.stdout.write(`${dataDir === folder} ${taken instanceof Broker ? 'started' : taken}\n`);
}
rmSync(folder, { recursive: true });
