/** A cell of a table; numbers stand right. */
export type Cell = string | number;

/** Aligned text with a line of names. */
export function tableLines(names: readonly string[], rows: readonly (readonly Cell[])[]): string {
  // Not Math.max(...): arguments have a limit that rows do not have.
  const widths = names.map((name, at) =>
    rows.reduce((width, row) => Math.max(width, String(row[at] ?? '').length), name.length),
  );
  const line = (cells: readonly Cell[]): string => {
    const padded = cells.map((cell, at) =>
      typeof cell === 'number' ? String(cell).padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0),
    );
    return `${padded.join('  ').trimEnd()}\n`;
  };
  return [names, ...rows].map(line).join('');
}

/** A value as `name: value` lines, nested names dotted. */
export function flatLines(value: object): string {
  const lines: string[] = [];
  const visit = (inner: unknown, path: string): void => {
    if (typeof inner === 'object' && inner !== null) {
      const entries = Object.entries(inner);
      if (entries.length === 0) lines.push(`${path}: none\n`);
      for (const [name, next] of entries) visit(next, path === '' ? name : `${path}.${name}`);
    } else lines.push(`${path}: ${typeof inner === 'number' ? Number(inner.toFixed(3)) : String(inner)}\n`);
  };
  visit(value, '');
  return lines.join('');
}
