/** Result of one case. */
export interface CaseResult {
  readonly client: string;
  readonly case: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly ms: number;
}

/** A table of one client's cases for people. */
export function clientTable(client: string, results: readonly CaseResult[], seconds: number): string {
  const passed = results.filter((result) => result.ok).length;
  const width = Math.max(20, ...results.map((result) => result.case.length));
  const rows = results.map((result) => {
    const time = `${result.ms}`.padStart(6);
    const detail = result.ok ? '' : `\n      ${result.detail.replaceAll('\n', '\n      ').slice(0, 1200)}`;
    return `  ${result.ok ? 'ok  ' : 'FAIL'} ${result.case.padEnd(width)} ${time} ms${detail}`;
  });
  return [`${client}: ${passed} of ${results.length} in ${seconds.toFixed(1)} s`, ...rows, ''].join('\n');
}

/** The closing line, alone on its line, for programs. */
export function closingLine(results: readonly CaseResult[]): string {
  const passed = results.filter((result) => result.ok).length;
  return `${passed} passed, ${results.length - passed} failed`;
}

/**
 * Results with what is known of deviations: a case that is named there and fails is left out, one that passes has become
 * a failure, so that the list stays true.
 */
export function judged(results: readonly CaseResult[], known: Readonly<Record<string, string>>): CaseResult[] {
  return results.flatMap((result) => {
    if (known[result.case] === undefined) return [result];
    return result.ok ? [{ ...result, ok: false, detail: 'is named in deviations.ts, and passes' }] : [];
  });
}
