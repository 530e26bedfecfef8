import { LOG_LEVELS, type LogLevel } from '../base/log-levels.ts';

/** `module=level` in its parts; undefined for anything else. */
export function moduleLevel(entry: string): readonly [string, LogLevel] | undefined {
  const [, module, name] = /^([a-z][a-z-]*)=([a-z]+)$/.exec(entry) ?? [];
  const level = LOG_LEVELS.find((known) => known === name);
  return module === undefined || level === undefined ? undefined : [module, level];
}

/** The setting `log.levels` as levels by module. */
export function moduleLevels(entries: readonly string[]): ReadonlyMap<string, LogLevel> {
  const levels = new Map<string, LogLevel>();
  for (const entry of entries) {
    const found = moduleLevel(entry);
    if (found !== undefined) levels.set(...found);
  }
  return levels;
}
