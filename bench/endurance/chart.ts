export interface Line {
  readonly name: string;
  /** By moment; as many as `minutes` has. */
  readonly values: readonly number[];
}

export interface Panel {
  readonly title: string;
  readonly lines: readonly Line[];
}

const WIDTH = 860;
const LEFT = 60;
const RIGHT = 150;
const PANEL = 170;
const PLOT = 110;
const TOP = 56;
const COLOURS = ['#1f77b4', '#d95f02', '#2ca02c', '#7b3294'];

/** The least of 1, 2, 2.5, 5 times a power of ten that is not below the value. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1e-9)));
  return power * ([1, 2, 2.5, 5].find((step) => step * power >= value) ?? 10);
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const at = (value: number): string => value.toFixed(1);

function text(x: number, y: number, content: string, more = ''): string {
  return `<text x="${at(x)}" y="${at(y)}" ${more}>${escaped(content)}</text>`;
}

function panelOf({ title, lines }: Panel, minutes: readonly number[], top: number): string[] {
  const high = roundUp(Math.max(...lines.flatMap(({ values }) => values)));
  const last = Math.max(...minutes);
  const x = (minute: number): number => LEFT + ((WIDTH - LEFT - RIGHT) * minute) / last;
  const y = (value: number): number => top + 20 + PLOT * (1 - value / high);
  const parts = [text(LEFT, top + 8, title, 'font-weight="bold"')];
  for (const share of [0, 0.5, 1]) {
    const height = y(high * share);
    parts.push(`<path d="M${LEFT} ${at(height)}H${WIDTH - RIGHT}" stroke="#ccc"/>`);
    parts.push(text(LEFT - 6, height + 4, `${Number((high * share).toPrecision(3))}`, 'text-anchor="end"'));
  }
  for (const [i, { name, values }] of lines.entries()) {
    const colour = COLOURS[i % COLOURS.length]!;
    const points = values.map((value, k) => `${at(x(minutes[k]!))} ${at(y(value))}`);
    parts.push(`<path d="M${points.join('L')}" fill="none" stroke="${colour}" stroke-width="1.5"/>`);
    parts.push(text(WIDTH - RIGHT + 10, top + 34 + 18 * i, name, `fill="${colour}"`));
  }
  const steps = Math.max(1, Math.ceil(last / 10));
  for (let minute = 0; minute <= last; minute += steps)
    parts.push(text(x(minute), top + PLOT + 36, `${minute}`, 'text-anchor="middle"'));
  return parts;
}

/** Small pictures below each other over the same minutes, as an SVG. */
export function chart(title: string, minutes: readonly number[], panels: readonly Panel[]): string {
  const height = TOP + PANEL * panels.length + 10;
  const parts = panels.flatMap((panel, i) => panelOf(panel, minutes, TOP + PANEL * i));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${height}" fill="white"/>`,
    text(LEFT, 24, title, 'font-size="15"'),
    ...parts,
    text(WIDTH - RIGHT + 10, height - 24, 'minutes'),
    '</svg>',
    '',
  ].join('\n');
}
