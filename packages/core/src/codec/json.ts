/**
 * The deepest nesting that data may have, in levels. What works through data recursively (a schema, `JSON.stringify`) ends
 * with a RangeError somewhere beyond: 1,000 is far below, and far above what anybody writes by hand.
 */
export const maxDepth = 1_000;

/** Parses JSON. Throws a TypeError for what is nested too deeply, and what `JSON.parse` throws. */
export function parseJson(text: string, depth: number = maxDepth): unknown {
  if (isDeeper(text, depth)) throw new TypeError(`nested deeper than ${depth} levels`);
  const parsed: unknown = JSON.parse(text.charCodeAt(0) === byteOrderMark ? text.slice(1) : text);
  return parsed;
}

/** JSON of a value; `undefined` where JSON has nothing for it. Throws a TypeError that says what is wrong with it. */
export function printJson(value: unknown): string | undefined {
  let text: string | undefined;
  try {
    // Its type does not tell that it answers undefined for what JSON cannot say.
    text = JSON.stringify(value);
  } catch (cause) {
    if (cause instanceof RangeError) throw new TypeError(`nested deeper than ${maxDepth} levels`, { cause });
    throw cause;
  }
  if (text !== undefined && isDeeper(text, maxDepth)) throw new TypeError(`nested deeper than ${maxDepth} levels`);
  return text;
}

const byteOrderMark = 0xfeff;
const [quote, backslash, openBracket, closeBracket, openBrace, closeBrace] = [0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d];

/** Counts brackets outside of strings, in one pass: a parser that counts levels would be slower than the one that is there. */
function isDeeper(text: string, limit: number): boolean {
  // Each level takes two characters.
  if (text.length <= 2 * limit) return false;
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === quote) index = endOfString(text, index);
    else if (code === openBracket || code === openBrace) {
      if (++depth > limit) return true;
    } else if (code === closeBracket || code === closeBrace) depth--;
  }
  return false;
}

/** The place of the quote that ends the string which begins here. */
function endOfString(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === backslash) index++;
    else if (code === quote) return index;
  }
  return text.length;
}
