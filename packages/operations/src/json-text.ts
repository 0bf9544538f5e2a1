const token = /"(?:[^"\\]|\\.)*"|[\t\n\r ]+|[{}[\],:]|[^\t\n\r "{}[\],:]+/gy;

/** JSON in one line, token by token: no number is rounded, no member is left out. For text that is JSON. */
export function compactJson(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|[\t\n\r ]+/g, (part) => (part.startsWith('"') ? part : ''));
}

/** JSON with two blanks for each level, token by token. For text that is JSON. */
export function prettyJson(text: string): string {
  let depth = 0;
  let result = '';
  let before = '';
  // Bounded: the blanks before deeply nested values would be longer than any memory.
  const line = (): string => `\n${'  '.repeat(Math.min(depth, 20))}`;
  for (const part of tokens(text)) {
    const isEnd = part === '}' || part === ']';
    const isFirst = before === '{' || before === '[';
    if (isEnd) depth--;
    if ((isFirst && !isEnd) || (isEnd && !isFirst) || before === ',') result += line();
    if (part === '{' || part === '[') depth++;
    result += part === ':' ? ': ' : part;
    before = part;
  }
  return result;
}

/** The text of a member of a JSON object, the last of its name; `undefined` where there is none. For text that is JSON. */
export function memberText(text: string, name: string): string | undefined {
  let depth = 0;
  let key: string | undefined;
  let isKey = false;
  let found: string | undefined;
  let value = '';
  for (const part of tokens(text)) {
    if (depth === 1 && (part === ',' || part === '}')) {
      if (key === name) found = value;
      [key, value, isKey] = [undefined, '', part === ','];
      if (part === '}') depth--;
    } else if (depth === 0) {
      depth++;
      isKey = true;
    } else if (depth === 1 && isKey) {
      key = String(JSON.parse(part));
      isKey = false;
    } else if (depth !== 1 || part !== ':') {
      if (part === '{' || part === '[') depth++;
      if (part === '}' || part === ']') depth--;
      value += part;
    }
  }
  return found;
}

function tokens(text: string): readonly string[] {
  return (text.match(new RegExp(token.source, 'g')) ?? []).filter((part) => part.trim() !== '');
}
