// Writes docs/grafana/quarry.json anew, from panels.ts.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dashboard } from './dashboard.ts';

const path = join(import.meta.dirname, '..', '..', 'docs', 'grafana', 'quarry.json');
writeFileSync(path, `${JSON.stringify(dashboard(), undefined, 2)}\n`);
