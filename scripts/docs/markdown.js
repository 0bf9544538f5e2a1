// What the site needs to know of Markdown: headings as GitHub names them, and links outside of code.

/** The lines of a page with those of fenced code left empty, so that line numbers stay. */
function withoutCode(text) {
  let fence;
  return text
    .split('\n')
    .map((line) => {
      const [, mark] = /^ {0,3}(```+|~~~+)/.exec(line) ?? [];
      if (fence === undefined && mark !== undefined) fence = mark;
      else if (fence !== undefined && line.trim().startsWith(fence)) fence = undefined;
      else if (fence === undefined) return line;
      return '';
    })
    .join('\n');
}

/** The anchor that GitHub gives to a heading. */
export function slug(heading) {
  return heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/[`*]/g, '')
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
    .replaceAll(' ', '-');
}

/** The anchors of a page; of equal ones the later are numbered. */
export function anchors(text) {
  const seen = new Map();
  const found = new Set();
  for (const [, heading] of withoutCode(text).matchAll(/^#{1,6} +(.*?)(?: +#+)?$/gm)) {
    const base = slug(heading);
    const before = seen.get(base) ?? 0;
    seen.set(base, before + 1);
    found.add(before === 0 ? base : `${base}-${before}`);
  }
  return found;
}

/** Calls `change(target, line)` for each link and picture outside of code, and puts its answer in place of the target. */
export function mapLinks(text, change) {
  const plain = withoutCode(text).split('\n');
  return text
    .split('\n')
    .map((line, index) =>
      plain[index] === ''
        ? line
        : line.replaceAll(/(`+)[^`]*?\1|\]\(([^)\s]+)\)/g, (whole, _, target) =>
            target === undefined ? whole : `](${change(target, index + 1)})`,
          ),
    )
    .join('\n');
}

/** The text of the first heading. */
export function title(text) {
  return (/^# +(.*)$/m.exec(withoutCode(text))?.[1] ?? '').replaceAll('`', '');
}

/** The tables of a page by the heading above them: the links of each first cell. */
export function tablesOfLinks(text) {
  return text
    .split(/^## /m)
    .slice(1)
    .map((part) => ({
      heading: part.slice(0, part.indexOf('\n')).trim(),
      links: [...part.matchAll(/^\| \[([^\]]+)\]\(([^)]+)\)/gm)].map(([, name, target]) => ({ name, target })),
    }));
}
