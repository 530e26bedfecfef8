import { join } from 'node:path';
import { cached, fingerprint, mustRun } from '../brokers/cache.ts';

/** A virtual environment of Python with pyiceberg, pinned in requirements.txt; made once. */
export function pythonWithIceberg(): string {
  const requirements = join(import.meta.dirname, 'requirements.txt');
  const folder = cached('iceberg-python', fingerprint([requirements]), (partial) => {
    mustRun('python3', ['-m', 'venv', partial]);
    mustRun(join(partial, 'bin', 'python'), ['-m', 'pip', 'install', '-q', '-r', requirements]);
  });
  return join(folder, 'bin', 'python');
}
