import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cached, cacheFolder, fingerprint, mustRun, onPath } from './brokers/cache.ts';
import { KAFKA_VERSION, kafkaJars } from './brokers/kafka.ts';
import type { ProfileName } from './brokers/profiles.ts';
import { prometheusPrograms } from './prometheus/installed.ts';
import { pythonWithDuckdb, pythonWithIceberg, pythonWithSpark } from './iceberg/python.ts';

export interface ClientProgram {
  readonly name: string;
  /** Seconds after which the program is stopped and what it has not reported has failed. */
  readonly limitS: number;
  /** How the broker is set up that it wants. */
  readonly profile: ProfileName;
  /** Runs against this broker only: what it tests, others do not have. */
  readonly broker?: 'quarry';
  /** Whether its cases are rows of the conformance table. */
  readonly conformance: boolean;
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
function script(name: string, folder: string, limitS: number, check: () => unknown = () => undefined): ClientProgram {
  return {
    name,
    limitS,
    profile: 'open',
    conformance: false,
    prepare() {
      check();
      return {
        command: process.execPath,
        args: ['--disable-warning=ExperimentalWarning', join(here, folder, 'main.ts')],
      };
    },
  };
}

/** The jars that a project of compat-tests/java names, fetched by Maven the first time. */
function jarsOf(name: string, pomFile: string): string {
  const pom = join(here, 'java', pomFile);
  return cached(name, fingerprint([pom]), (folder) => {
    if (!onPath('mvn')) throw new Error('the Java clients need Maven on the PATH');
    const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${folder}`];
    mustRun('mvn', ['-B', '-q', '-f', pom, `-Dkafka.version=${KAFKA_VERSION}`, ...goal]);
  });
}

/** Compiles the Java files of a folder; gives the class path. */
export function javaClasses(name: string, folder: string): string {
  // Kafka Streams and the connectors are not among the broker's own jars.
  const jars = `${join(kafkaJars(), '*')}:${join(jarsOf('ecosystem-jars', 'pom.xml'), '*')}`;
  const sources = filesOf(folder, '.java');
  const classes = cached(name, fingerprint(sources), (partial) => {
    if (!onPath('javac')) throw new Error('the Java clients need a JDK 17 (javac) on the PATH');
    mustRun('javac', ['-nowarn', '-proc:none', '-cp', jars, '-d', partial, ...sources]);
  });
  return `${classes}:${jars}`;
}

/** The same classes with the client of an older release. */
function olderClassPath(): string {
  const [classes] = javaClasses('java-classes', 'java').split(':');
  return `${classes}:${join(jarsOf('older-jars', 'older-pom.xml'), '*')}`;
}

/** A part of the Java program: `part` is the argument that `Main` takes. */
function java(
  name: string,
  part: string,
  limitS: number,
  profile: ProfileName = 'open',
  classPath = (): string => javaClasses('java-classes', 'java'),
): ClientProgram {
  return {
    name,
    limitS,
    profile,
    conformance: true,
    prepare() {
      const logging = `-Dlog4j2.configurationFile=${join(here, 'java', 'log4j2.properties')}`;
      return { command: 'java', args: ['-Xmx512m', logging, '-cp', classPath(), 'Main', part] };
    },
  };
}

/** A virtual environment of Python with the pinned packages of compat-tests/python/requirements.txt. */
export function pythonWithClients(): string {
  const requirements = join(here, 'python', 'requirements.txt');
  const folder = cached('python', fingerprint([requirements]), (partial) => {
    mustRun('python3', ['-m', 'venv', partial]);
    mustRun(join(partial, 'bin', 'python'), ['-m', 'pip', 'install', '-q', '-r', requirements]);
  });
  return join(folder, 'bin', 'python');
}

function python(name: string, file: string, profile: ProfileName): ClientProgram {
  return {
    name,
    limitS: 120,
    profile,
    conformance: false,
    prepare: () => ({ command: pythonWithClients(), args: ['-u', join(here, 'python', file)] }),
  };
}

/** franz-go; `args` name the cases. */
function franzGo(name: string, profile: ProfileName, args: readonly string[]): ClientProgram {
  return {
    name,
    limitS: 120,
    profile,
    conformance: false,
    prepare: () => ({ command: goProgram(), args }),
  };
}

function goProgram(): string {
  if (!onPath('go')) throw new Error('the franz-go client needs Go on the PATH');
  const sources = [...filesOf('go', '.go'), join(here, 'go', 'go.mod'), join(here, 'go', 'go.sum')];
  const folder = cached('franz-go', fingerprint(sources), (partial) => {
    mustRun('go', ['build', '-o', join(partial, 'franz-go'), '.'], { cwd: join(here, 'go') });
  });
  return join(folder, 'franz-go');
}

/** Downloads take long, and are not the time of a case. */
function prepareEngines(): void {
  pythonWithIceberg();
  pythonWithDuckdb();
  pythonWithSpark();
}

function needKcat(): void {
  if (onPath('kcat')) return;
  const asRoot = process.getuid?.() === 0 && onPath('apt-get');
  if (!asRoot) throw new Error('kcat is not installed: run `apt-get install kcat` as root (Debian, Ubuntu)');
  mkdirSync(cacheFolder(), { recursive: true });
  process.stderr.write('  installing kcat with apt-get\n');
  mustRun('apt-get', ['update', '-q']);
  mustRun('apt-get', ['install', '-q', '-y', '--no-install-recommends', 'kcat']);
}

/** Apache Kafka's console tools; they run in one Java process, which is started here. */
function tools(name: string, limitS: number, profile: ProfileName): ClientProgram {
  const program = script(name, 'tools', limitS, () => {
    process.env['TOOLS_CLASS_PATH'] = javaClasses('java-toolbox', 'tools');
  });
  return { ...program, profile, conformance: true };
}

/** Every client, in the order of the table. */
export const clientPrograms: readonly ClientProgram[] = [
  java('java', 'core', 300),
  java('java-groups', 'groups', 300),
  java('java-ecosystem', 'ecosystem', 300),
  java('java-3.1', 'older', 300, 'open', olderClassPath),
  tools('java-tools', 300, 'open'),
  script('kcat', 'kcat', 90, needKcat),
  python('python', 'main.py', 'open'),
  script('kafkajs', 'kafkajs', 120),
  script('platformatic', 'platformatic', 120),
  franzGo('franz-go', 'open', []),
  java('java-compaction', 'compaction', 400, 'compacting'),
  java('java-security', 'security', 300, 'secured'),
  tools('java-tools-secured', 120, 'secured'),
  java('java-tls', 'tls', 180, 'tls'),
  { ...script('iceberg', 'iceberg', 900, prepareEngines), profile: 'tables', broker: 'quarry' },
  { ...script('prometheus', 'prometheus', 240, prometheusPrograms), profile: 'tables', broker: 'quarry' },
  { ...script('tls-clients', 'tls', 90, needKcat), profile: 'tls' },
  python('python-tls', 'tls.py', 'tls'),
  franzGo('franz-go-tls', 'tls', ['tls']),
  java('java-mutual-tls', 'mutual-tls', 120, 'mutual-tls'),
];
