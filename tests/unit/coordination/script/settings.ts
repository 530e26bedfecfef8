/** Settings from a line `# settings: maxSize=2 consumer.maxSize=3 …` of a script, in the words of `GroupSettings`. */
export function settingsOf(script: string): Record<string, number> {
  const line = /^# settings: (.*)$/m.exec(script)?.[1] ?? '';
  return Object.fromEntries(
    [...line.matchAll(/([\w.]+)=(\d+)/g)].map(([, name, value]) => [name ?? '', Number(value)]),
  );
}
