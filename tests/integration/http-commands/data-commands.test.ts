import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Broker } from '../../../src/broker/index.ts';
import { run as segments } from '../../../src/main/commands/segments.ts';
import { run as wal } from '../../../src/main/commands/wal.ts';
import { recordedIo } from './io.ts';

describe('commands on a data directory', () => {
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'quarry-commands-'));
    const settings = {
      'data.dir': folder,
      'processor.min.segment.age.ms': 0,
      'processor.interval.ms': 100,
      'processor.delete.after.index': false,
      'wal.seal.age.ms': 50,
    };
    const broker = await Broker.start({ settings });
    const producer = new Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING }).producer();
    await producer.connect();
    await producer.send({ topic: 'logs', messages: [{ value: 'one' }, { value: 'two' }] });
    while (!existsSync(join(folder, 'objects', 'packs'))) await new Promise((resolve) => setImmediate(resolve));
    await producer.send({ topic: 'logs', messages: [{ value: 'three' }] });
    await producer.disconnect();
    await broker.stop();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function ran(command: typeof wal, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
    const io = recordedIo({ LOG_LEVEL: 'silent' });
    const code = await command([...args, '--data.dir', folder], io);
    return { code, ...io.printed };
  }

  test('wal inspect lists the segments', async () => {
    const { code, out } = await ran(wal, 'inspect');
    expect(code).toBe(0);
    expect(out).toContain('not open in any process');
    expect(out).toMatch(/segment +kind +bytes/);
    const facts = JSON.parse((await ran(wal, 'inspect', '--json')).out) as { segments: unknown[] };
    expect(facts.segments.length).toBeGreaterThan(0);
  });

  test('segments list shows what was packed, and verify finds it whole', async () => {
    const { code, out } = await ran(segments, 'list', '--kind', 'pack');
    expect(code).toBe(0);
    expect(out).toMatch(/^segment +kind +records/);
    expect(out).toContain('logs-0-00000000000000000000-0');
    const rows = (await ran(segments, 'list', '--kind=pack', '--topic', 'logs', '--json')).out.trim().split('\n');
    expect(rows.map((row) => JSON.parse(row) as object)[0]).toMatchObject({
      topic: 'logs',
      partition: 0,
      baseOffset: 0,
    });
    expect(await ran(segments, 'verify')).toMatchObject({ code: 0 });
  });

  test('segments export writes an archive once', async () => {
    const target = join(folder, 'out.tar.gz');
    expect(await ran(segments, 'export', '-o', target)).toMatchObject({ code: 0, out: '' });
    expect(execFileSync('tar', ['-tzf', target], { encoding: 'utf8' })).toContain('logs-0-00000000000000000000-0.log');
    expect(await ran(segments, 'export', '-o', target)).toMatchObject({ code: 1 });
  });

  test('wrong calls say what is wrong', async () => {
    expect((await ran(wal, 'dance')).code).toBe(2);
    expect((await ran(wal)).err).toContain('say one of inspect, verify, repair');
    expect((await ran(segments, 'list', '--kind', 'nonsense')).code).toBe(2);
    expect((await ran(segments, 'verify', '--topic', 'logs')).err).toContain('verify does not take --topic');
    expect((await ran(segments, 'list', '--partition', '0')).code).toBe(2);
    expect((await ran(segments, 'list', '--topic', 'nothere')).err).toContain("there is no topic 'nothere'");
    const io = recordedIo();
    expect(await wal(['inspect', '--data.dir', '/nonexistent'], io)).toBe(1);
    expect(io.printed.err).toContain('there is no write-ahead log at /nonexistent/wal');
    expect(await segments(['list', '--data.dir', '/nonexistent'], recordedIo())).toBe(1);
    expect(await wal(['inspect', '--data.dirr', folder], recordedIo())).toBe(2);
    expect(existsSync('/nonexistent')).toBe(false);
  });

  test('verify finds damage, repair keeps it aside, and is refused while a broker runs', async () => {
    const { segments: found } = JSON.parse((await ran(wal, 'inspect', '--json')).out) as {
      segments: { kind: string; path: string; end: number }[];
    };
    const sealed = found.find(({ kind }) => kind === 'sealed')!;
    const file = openSync(sealed.path, 'r+');
    writeSync(file, Buffer.from('garbled'), 0, 7, sealed.end - 40);
    closeSync(file);
    const damaged = await ran(wal, 'verify');
    expect(damaged).toMatchObject({ code: 1, out: expect.stringContaining('corrupt entries: segment') as string });
    const repaired = await ran(wal, 'repair', '--json');
    expect(repaired.code).toBe(0);
    expect(JSON.parse(repaired.out)).toMatchObject({ torn: null });
    expect((await ran(wal, 'repair')).out).toContain('corrupt ranges kept aside, nothing was torn');
    const broker = await Broker.start({ settings: { 'data.dir': folder } });
    expect(await ran(wal, 'repair')).toMatchObject({ code: 1 });
    expect((await ran(wal, 'inspect')).out).toContain('open in process');
    await broker.stop();
  });
});
