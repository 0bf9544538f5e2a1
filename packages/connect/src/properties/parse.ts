/** One property: its value, and the line that it starts on. */
export interface Property {
  readonly value: string;
  readonly line: number;
}

export interface PropertyFile {
  readonly properties: ReadonlyMap<string, Property>;
  /** What Kafka Connect would read in another way, and what is given twice. */
  readonly warnings: readonly string[];
}

/**
 * Reads a Java property file: `=`, `:` or a blank separates, `#` and `!` start a comment, `\` at the end continues a line,
 * `\u00e9` is a letter, an unknown escape loses its backslash, blanks behind a value stay. UTF-8 is read as such, where Java
 * takes each byte for a letter; that is said in `warnings`. Throws an `Error` for a broken `\u` escape.
 */
export function parseProperties(content: Uint8Array | string): PropertyFile {
  const text = typeof content === 'string' ? content : decode(content);
  const properties = new Map<string, Property>();
  const warnings: string[] = [];
  for (const { line, number } of logicalLines(text)) {
    const [name, value] = split(line).map((part) => unescape(part, number));
    if (name === undefined || value === undefined) continue;
    const earlier = properties.get(name);
    if (earlier !== undefined)
      warnings.push(`line ${number}: ${name} is also given on line ${earlier.line}; the last one counts`);
    if (/\P{ASCII}/u.test(line) && typeof content !== 'string' && isUtf8(content))
      warnings.push(`line ${number}: ${name} has letters that Kafka Connect would misread. Write them as \\uXXXX`);
    properties.set(name, { value, line: number });
  }
  return { properties, warnings };
}

function decode(content: Uint8Array): string {
  const text = isUtf8(content) ? new TextDecoder().decode(content) : Buffer.from(content).toString('latin1');
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}

function isUtf8(content: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(content);
    return true;
  } catch {
    return false;
  }
}

interface LogicalLine {
  readonly line: string;
  readonly number: number;
}

/**
 * Lines joined where one ends with an odd number of backslashes; blanks at the start of each are dropped. Behind a line that is
 * nothing but a backslash a new one starts, as in Java.
 */
function logicalLines(text: string): LogicalLine[] {
  const found: LogicalLine[] = [];
  let open = { text: '', number: 0 };
  const lines = text.split(/\r\n|\r|\n/);
  for (const [index, natural] of lines.entries()) {
    const stripped = natural.replace(/^[ \t\f]+/, '');
    if (open.text === '') {
      if (stripped === '' || /^[#!]/.test(stripped)) continue;
      open.number = index + 1;
    }
    const [slashes = ''] = /\\*$/.exec(stripped) ?? [];
    const continues = slashes.length % 2 === 1;
    open.text += continues ? stripped.slice(0, -1) : stripped;
    if (continues && index + 1 < lines.length) continue;
    found.push({ line: open.text, number: open.number });
    open = { text: '', number: 0 };
  }
  if (open.text !== '') found.push({ line: open.text, number: open.number });
  return found;
}

/** The name ends at the first separator that no backslash escapes. */
function split(line: string): readonly [name: string, value: string] {
  const [, name = '', value = ''] = /^((?:\\.|[^\\=: \t\f])*)(?:[ \t\f]*[=:][ \t\f]*|[ \t\f]+|$)([^]*)$/.exec(line) ?? [
    '',
    line,
    '',
  ];
  return [name, value];
}

const letters: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' };

function unescape(text: string, line: number): string {
  return text.replaceAll(/\\(?:u([0-9a-fA-F]{4})|([^]))/g, (_, hex: string | undefined, char: string | undefined) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    if (char === 'u') throw new Error(`line ${line}: a \\u escape needs four hexadecimal digits`);
    return letters[char ?? ''] ?? char ?? '';
  });
}
