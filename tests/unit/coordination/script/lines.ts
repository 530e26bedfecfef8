/**
 * Runs the commands of a script one after another and gives it back with what was answered below each, after `=> `. Lines that start with
 * `=> ` are outcome, not input; blank lines and comments stay. `execute` is told how many answers the script expects.
 */
export async function runLines(
  script: string,
  execute: (line: string, expected: number) => Promise<readonly string[]>,
): Promise<string> {
  const out: string[] = [];
  const lines = script.trimEnd().split('\n');
  for (const [index, line] of lines.entries()) {
    if (line.startsWith('=>')) continue;
    out.push(line);
    if (line.trim() === '' || line.startsWith('#')) continue;
    out.push(...(await execute(line, expectedAfter(lines, index))).map((one) => `=> ${one}`));
  }
  return `${out.join('\n')}\n`;
}

function expectedAfter(lines: readonly string[], index: number): number {
  let count = 0;
  for (let at = index + 1; lines[at]?.startsWith('=>') === true; at++)
    if (!lines[at]?.startsWith('=> waiting:')) count++;
  return count;
}
