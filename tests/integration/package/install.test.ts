import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryFolder } from '../broker/process.ts';

const ROOT = join(import.meta.dirname, '../../..');
const folder = temporaryFolder();
const project = join(folder.path, 'project');
const installed = join(project, 'node_modules', 'quarry');
let files: string[] = [];

const node = (args: readonly string[], cwd: string) =>
  spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
    cwd,
    encoding: 'utf8',
    timeout: 50_000,
  });

/** Builds into a folder of its own, packs, and installs the tarball over the dependencies that are here already: no registry is asked. */
beforeAll(() => {
  const staging = join(folder.path, 'staging');
  mkdirSync(join(staging, 'scripts'), { recursive: true });
  const build = node(
    [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json', '--outDir', join(staging, 'dist')],
    ROOT,
  );
  if (build.status !== 0) throw new Error(`the build failed: ${build.stdout}${build.stderr}`);
  for (const name of ['package.json', 'README.md', 'scripts/quarry.mjs', 'scripts/node24.mjs'])
    writeFileSync(join(staging, name), readFileSync(join(ROOT, name)));
  const packed = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder.path], {
    cwd: staging,
    encoding: 'utf8',
  });
  const [{ filename, files: listed }] = JSON.parse(packed) as [{ filename: string; files: { path: string }[] }];
  files = listed.map(({ path }) => path);
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', join(folder.path, filename), '-C', installed, '--strip-components=1']);
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<
    string,
    Record<string, string>
  >;
  // Types of Node are what every TypeScript project has.
  for (const name of [
    ...Object.keys(dependencies!),
    ...Object.keys(devDependencies!).filter((dev) => dev === '@types/node'),
  ]) {
    const link = join(project, 'node_modules', name);
    mkdirSync(join(link, '..'), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), link);
  }
  writeFileSync(join(project, 'package.json'), '{ "name": "project", "type": "module" }');
}, 120_000);
afterAll(() => folder.remove());

test('the package holds the program with its types and workers, and nothing else', () => {
  for (const path of [
    'dist/src/broker/index.js',
    'dist/src/broker/index.d.ts',
    'dist/src/lake/index.js',
    'dist/src/lake/index.d.ts',
    'dist/src/processor/tables/table-worker.js',
    'dist/src/state/index.js',
    'dist/src/state/index.d.ts',
    'dist/src/main/main.js',
    'dist/src/metadata/sqlite-worker.js',
    'dist/src/processor/text/text-worker.js',
    'dist/src/processor/packs/pack-worker.js',
    'scripts/quarry.mjs',
    'scripts/node24.mjs',
  ])
    expect(files).toContain(path);
  expect(files.filter((path) => /(^|\/)(tests|src\/.*\.ts$|node_modules)/.test(path.replace(/\.d\.ts$/, '')))).toEqual(
    [],
  );
});

const PROGRAM = `
import { Broker, type BrokerOptions } from 'quarry';
import { type JsonObject, jsonMergeInterpreter, memoryStorage, WriteAheadLog } from 'quarry/state';
const options: BrokerOptions[] = [{}, { settings: { 'data.dir': './data', 'kafka.port': 0, 'http.port': 0 } }];
for (const one of options) {
  const broker: Broker = await Broker.start(one);
  const address: string = broker.httpAddress;
  const answer = await fetch('http://' + address + '/health');
  const { status } = (await answer.json()) as { status: string };
  console.log(status, /^127\\.0\\.0\\.1:\\d+$/.test(broker.bootstrap));
  await broker.stop();
}
const storage = memoryStorage();
const wal = new WriteAheadLog({ stateInterpreter: jsonMergeInterpreter, storage, serviceName: 'program', baseDir: 'state' });
console.log(await wal.persist('client', { content: 'x' }, 5), await wal.persist('client', { content: 'y' }, '5'));
const state: JsonObject | undefined = await wal.retrieve('client');
console.log(JSON.stringify(state));
`;

test('a program that imports it type checks, runs in memory and on a folder, and ends by itself', () => {
  writeFileSync(join(project, 'program.ts'), PROGRAM);
  const config = {
    compilerOptions: { strict: true, module: 'nodenext', target: 'es2024', types: ['node'], noEmit: true },
    files: ['program.ts'],
  };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(config));
  const check = node([join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', '.'], project);
  expect({ status: check.status, output: check.stdout + check.stderr }).toEqual({ status: 0, output: '' });
  const { status, stdout, stderr } = node(['program.ts'], project);
  expect({ status, stdout, stderr }).toEqual({
    status: 0,
    stdout: 'ok true\nok true\ntrue false\n{"content":"x"}\n',
    stderr: '',
  });
});

test('the command of the package runs the built program', () => {
  const bin = join(installed, 'scripts/quarry.mjs');
  expect(existsSync(join(installed, 'src'))).toBe(false);
  const { status, stdout } = node([bin, 'help'], project);
  expect(status).toBe(0);
  expect(stdout).toContain('usage: quarry');
  expect(node([bin, 'serve', '--no.such.setting', '1'], project).status).toBe(2);
});
