/** One line of a chart: where it goes, and what is written at its end. */
export interface Line {
  readonly label: string;
  readonly colour: string;
  readonly points: readonly (readonly [number, number])[];
}

interface Axis {
  readonly title: string;
  readonly from: number;
  readonly to: number;
}

const [width, height] = [760, 420];
const [left, right, top, bottom] = [64, 150, 44, 48];

/** A chart with logarithmic axes, as SVG: the same text for the same figures. */
export function logChart(title: string, x: Axis, y: Axis, lines: readonly Line[]): string {
  const at = ({ from, to }: Axis, value: number, size: number): number =>
    (Math.log10(value / from) / Math.log10(to / from)) * size;
  const across = (value: number): number => round(left + at(x, value, width - left - right));
  const up = (value: number): number => round(height - bottom - at(y, value, height - top - bottom));
  const grid = [
    ...powers(x).map(
      (value) =>
        `<line x1="${across(value)}" y1="${top}" x2="${across(value)}" y2="${height - bottom}" class="grid"/><text x="${across(value)}" y="${height - bottom + 18}" text-anchor="middle">${value.toLocaleString('en-US')}</text>`,
    ),
    ...powers(y).map(
      (value) =>
        `<line x1="${left}" y1="${up(value)}" x2="${width - right}" y2="${up(value)}" class="grid"/><text x="${left - 8}" y="${up(value) + 4}" text-anchor="end">${value.toLocaleString('en-US')}</text>`,
    ),
  ];
  const drawn = lines.map(({ label, colour, points }) => {
    const path = points.map(([one, other]) => `${across(one)},${up(other)}`).join(' ');
    const [endX = 0, endY = 0] = points.at(-1) ?? [];
    return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/><text x="${across(endX) + 8}" y="${up(endY) + 4}" fill="${colour}">${label}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}">`,
    '<style>text{font:12px system-ui,sans-serif}.grid{stroke:#ddd}.title{font-weight:600;font-size:14px}</style>',
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="${left}" y="24" class="title">${title}</text>`,
    ...grid,
    `<text x="${(left + width - right) / 2}" y="${height - 10}" text-anchor="middle">${x.title}</text>`,
    `<text x="16" y="${(top + height - bottom) / 2}" text-anchor="middle" transform="rotate(-90 16 ${(top + height - bottom) / 2})">${y.title}</text>`,
    ...drawn,
    '</svg>',
    '',
  ].join('\n');
}

function powers({ from, to }: Axis): readonly number[] {
  const count = Math.round(Math.log10(to / from));
  return Array.from({ length: count + 1 }, (_, index) => from * 10 ** index);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
