import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cached, mustRun, onPath } from '../brokers/cache.ts';

/** Prometheus and its tool: those of the PATH, or out of Debian's package, which is unpacked and not installed: it would run as a service. */
export function prometheusPrograms(): { readonly prometheus: string; readonly promtool: string } {
  if (onPath('prometheus') && onPath('promtool')) return { prometheus: 'prometheus', promtool: 'promtool' };
  if (!onPath('apt-get')) throw new Error('Prometheus is not on the PATH, and is unpacked on Debian and Ubuntu only');
  const folder = cached('prometheus', 'debian', (partial) => {
    if (process.getuid?.() === 0) mustRun('apt-get', ['update', '-q']);
    mustRun('apt-get', ['download', '-q', 'prometheus'], { cwd: partial });
    for (const name of readdirSync(partial).filter((one) => one.endsWith('.deb')))
      mustRun('dpkg-deb', ['-x', name, '.'], { cwd: partial });
  });
  const bin = join(folder, 'usr', 'bin');
  return { prometheus: join(bin, 'prometheus'), promtool: join(bin, 'promtool') };
}
