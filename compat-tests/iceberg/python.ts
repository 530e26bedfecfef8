import { join } from 'node:path';
import { cached, fingerprint, mustRun, onPath } from '../brokers/cache.ts';

/** A virtual environment of Python with what a file of requirements pins; made once. */
function environment(name: string, file: string): string {
  const requirements = join(import.meta.dirname, file);
  const folder = cached(name, fingerprint([requirements]), (partial) => {
    mustRun('python3', ['-m', 'venv', partial]);
    mustRun(join(partial, 'bin', 'python'), ['-m', 'pip', 'install', '-q', '-r', requirements]);
  });
  return join(folder, 'bin', 'python');
}

/** Python with pyiceberg. */
export function pythonWithIceberg(): string {
  return environment('iceberg-python', 'requirements.txt');
}

/** Python with DuckDB and its extension for Iceberg. */
export function pythonWithDuckdb(): string {
  return environment('iceberg-duckdb', 'duckdb-requirements.txt');
}

/** Python with Spark, and the jar with which Spark reads Iceberg. */
export function pythonWithSpark(): { readonly python: string; readonly jars: string } {
  const pom = join(import.meta.dirname, 'pom.xml');
  const jars = cached('iceberg-jars', fingerprint([pom]), (folder) => {
    if (!onPath('mvn')) throw new Error('the jar of Iceberg for Spark needs Maven on the PATH');
    mustRun('mvn', ['-B', '-q', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${folder}`]);
  });
  return { python: environment('iceberg-spark', 'spark-requirements.txt'), jars };
}
