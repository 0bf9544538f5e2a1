/**
 * What a terminal obeys or that turns the order of letters round: C0 and C1 controls, DEL, line separators, marks of direction,
 * letters without width, tags, and halves of letters.
 */
const obeyed =
  /[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Surrogate}/gu;

/** Text from elsewhere in one line, as letters only: what a terminal would obey is written as an escape. */
export function visible(text: string): string {
  return text.replace(obeyed, escape);
}

/** One long cell would make every row of a table as long. */
export function cut(text: string, most: number): string {
  const letters = Array.from(text.slice(0, 2 * most + 2));
  return letters.length > most ? `${letters.slice(0, most).join('')}…` : text;
}

/** JSON that is safe to look at: the same value, with those letters as escapes, which JSON knows. */
export function json(value: unknown, indent?: number): string {
  return visibleJson(JSON.stringify(value, null, indent) ?? 'null');
}

/** The same for JSON that is text already. */
export function visibleJson(text: string): string {
  return text.replace(obeyed, (letter) => (letter === '\n' ? letter : unicode(letter)));
}

// oxlint-disable-next-line eslint/no-control-regex -- what a terminal obeys is what this is about
const ours = /(\n|\u001b\[(?:2|22|31|32|33|39)m)/;

/** Our own lines and colours stay; everything else that a terminal would obey does not. */
export function visibleLines(text: string): string {
  const parts = text.split(ours);
  return parts.map((part, index) => (index % 2 === 1 ? part : visible(part))).join('');
}

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escape(letter: string): string {
  return short[letter] ?? unicode(letter);
}

function unicode(letter: string): string {
  return Array.from(
    { length: letter.length },
    (_, index) => `\\u${letter.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('');
}
