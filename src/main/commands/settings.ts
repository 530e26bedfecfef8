import { environmentName } from '../../config/load.ts';
import { declarations } from '../../config/settings.ts';

/** `quarry settings`: every setting, its default, its type and its environment variable. */
export function run(): Promise<number> {
  for (const [name, { type, default: value, doc, env }] of Object.entries(declarations) as [
    string,
    (typeof declarations)['listeners'],
  ][]) {
    process.stdout.write(
      `${name} = ${String(value)}\n    ${doc}\n    ${type.describe}; environment: ${env ?? environmentName(name)}\n`,
    );
  }
  return Promise.resolve(0);
}
