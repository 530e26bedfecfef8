import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cached, cacheFolder, fingerprint, mustRun, onPath } from './brokers/cache.ts';
import { kafkaJars } from './brokers/kafka.ts';

export interface ClientProgram {
  readonly name: string;
  /** Seconds after which the program is stopped and what it has not reported has failed. */
  readonly limitS: number;
  /** Installs or compiles what it needs (cached) and gives the command to run. */
  prepare(): { command: string; args: readonly string[] };
}

const here = import.meta.dirname;

function filesOf(folder: string, ending: string): string[] {
  return readdirSync(join(here, folder))
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(here, folder, name));
}

/** A program in TypeScript, run by the Node that runs this. */
function script(name: string, folder: string, limitS: number, check: () => void = () => undefined): ClientProgram {
  return {
    name,
    limitS,
    prepare() {
      check();
      return {
        command: process.execPath,
        args: ['--disable-warning=ExperimentalWarning', join(here, folder, 'main.ts')],
      };
    },
  };
}

const java: ClientProgram = {
  name: 'java',
  limitS: 150,
  prepare() {
    const jars = join(kafkaJars(), '*');
    const sources = filesOf('java', '.java');
    const classes = cached('java-classes', fingerprint(sources), (folder) => {
      if (!onPath('javac')) throw new Error('the Java client needs a JDK 17 (javac) on the PATH');
      mustRun('javac', ['-nowarn', '-proc:none', '-cp', jars, '-d', folder, ...sources]);
    });
    const logging = `-Dlog4j2.configurationFile=${join(here, 'java', 'log4j2.properties')}`;
    return { command: 'java', args: ['-Xmx512m', logging, '-cp', `${classes}:${jars}`, 'Main'] };
  },
};

/** A virtual environment of Python with the pinned packages of compat-tests/python/requirements.txt. */
export function pythonWithClients(): string {
  const requirements = join(here, 'python', 'requirements.txt');
  const folder = cached('python', fingerprint([requirements]), (partial) => {
    mustRun('python3', ['-m', 'venv', partial]);
    mustRun(join(partial, 'bin', 'python'), ['-m', 'pip', 'install', '-q', '-r', requirements]);
  });
  return join(folder, 'bin', 'python');
}

const python: ClientProgram = {
  name: 'python',
  limitS: 120,
  prepare: () => ({ command: pythonWithClients(), args: ['-u', join(here, 'python', 'main.py')] }),
};

const go: ClientProgram = {
  name: 'franz-go',
  limitS: 120,
  prepare() {
    if (!onPath('go')) throw new Error('the franz-go client needs Go on the PATH');
    const sources = [...filesOf('go', '.go'), join(here, 'go', 'go.mod'), join(here, 'go', 'go.sum')];
    const folder = cached('franz-go', fingerprint(sources), (partial) => {
      mustRun('go', ['build', '-o', join(partial, 'franz-go'), '.'], { cwd: join(here, 'go') });
    });
    return { command: join(folder, 'franz-go'), args: [] };
  },
};

function needKcat(): void {
  if (onPath('kcat')) return;
  const asRoot = process.getuid?.() === 0 && onPath('apt-get');
  if (!asRoot) throw new Error('kcat is not installed: run `apt-get install kcat` as root (Debian, Ubuntu)');
  mkdirSync(cacheFolder(), { recursive: true });
  process.stderr.write('  installing kcat with apt-get\n');
  mustRun('apt-get', ['update', '-q']);
  mustRun('apt-get', ['install', '-q', '-y', '--no-install-recommends', 'kcat']);
}

function needJars(): void {
  process.env['KAFKA_JARS'] = kafkaJars();
}

/** Every client, in the order of the table. */
export const clientPrograms: readonly ClientProgram[] = [
  java,
  script('java-tools', 'tools', 300, needJars),
  script('kcat', 'kcat', 90, needKcat),
  python,
  script('kafkajs', 'kafkajs', 120),
  script('platformatic', 'platformatic', 120),
  go,
];
