import { ConfigError } from '../config/definition.ts';

/** Java's classes of characters, for ASCII. */
const classes: Readonly<Record<string, string>> = {
  Lower: 'a-z',
  Upper: 'A-Z',
  ASCII: String.raw`\x00-\x7F`,
  Alpha: 'a-zA-Z',
  Digit: '0-9',
  Alnum: 'a-zA-Z0-9',
  Punct: String.raw`!-\/:-@\[-\x60{-~`,
  Blank: String.raw` \t`,
  XDigit: '0-9a-fA-F',
  Space: String.raw`\s`,
};

/**
 * Reads a regular expression of Java. What JavaScript has in another form is rewritten; what it does not have (possessive
 * quantifiers, atomic groups, character class intersections) is refused with {@link ConfigError}.
 */
export function javaRegex(pattern: string, property: string): RegExp {
  const [, flags = '', rest = pattern] = /^\(\?([imsu]+)\)([^]*)$/.exec(pattern) ?? [];
  try {
    return new RegExp(translate(rest), flags.replaceAll(/[^ims]/g, ''));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.replace(/^Invalid regular expression: /, '') : String(cause);
    throw new ConfigError(`${property} is ${JSON.stringify(pattern)}, which is not a regular expression: ${why}`, {
      cause,
    });
  }
}

/** Whether the whole text matches. */
export function matchesWhole(regex: RegExp, text: string): boolean {
  return new RegExp(`^(?:${regex.source})$`, regex.flags.replace('m', '')).test(text);
}

function translate(pattern: string): string {
  let out = '';
  let isInClass = false;
  for (let at = 0; at < pattern.length; at += 1) {
    const char = pattern.charAt(at);
    const rest = pattern.slice(at);
    if (char === '\\') {
      const [, name] = /^\\k<(\w+)>/.exec(rest) ?? [];
      if (name !== undefined && !pattern.slice(0, at).includes(`(?<${name}>`))
        throw new Error(`there is no group ${name} before \\k<${name}>`);
      const [taken, text] = escape(rest, isInClass);
      out += text;
      at += taken - 1;
      continue;
    }
    if (isInClass && (char === '[' || rest.startsWith('&&')))
      throw new Error('classes inside of classes are not supported');
    if (!isInClass && /^(?:[*+?]|\{\d+(?:,\d*)?\})\+/.test(rest))
      throw new Error('possessive quantifiers are not supported');
    if (!isInClass && rest.startsWith('(?>')) throw new Error('atomic groups are not supported');
    if (!isInClass && /^\(\?[a-z-]+[:)]/.test(rest))
      throw new Error('flags inside of the expression are not supported');
    if (!isInClass && char === '{' && !/^\{\d+(?:,\d*)?\}/.test(rest)) throw new Error('illegal repetition');
    if (char === '[') isInClass = true;
    else if (char === ']') isInClass = false;
    out += char;
  }
  return out;
}

function escape(rest: string, isInClass: boolean): readonly [taken: number, text: string] {
  const code = rest.charAt(1);
  if (code === 'Q') {
    const end = rest.indexOf(String.raw`\E`);
    const quoted = rest.slice(2, end === -1 ? undefined : end);
    return [end === -1 ? rest.length : end + 2, quoted.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`)];
  }
  if (code === 'A' && !isInClass) return [2, '^'];
  if ((code === 'z' || code === 'Z') && !isInClass) return [2, '$'];
  if (code === 'h') return [2, isInClass ? String.raw` \t` : String.raw`[ \t]`];
  if (code === 'p' || code === 'P') {
    const [whole, name = ''] = /^\\[pP]\{(?:Is)?(\w+)\}/.exec(rest) ?? [];
    const members = classes[name];
    if (whole === undefined || members === undefined || (code === 'P' && isInClass))
      throw new Error(`${rest.slice(0, 12)} is not supported`);
    return [whole.length, isInClass ? members : `[${code === 'P' ? '^' : ''}${members}]`];
  }
  if (/[A-Za-z]/.test(code) && !/[bBdDsSwWtnrfvkxuc]/.test(code)) throw new Error(`\\${code} has no meaning`);
  if (code === '') throw new Error('a backslash at the end');
  return [2, `\\${code}`];
}

/** Fills a replacement of Java: `$1`, `${name}`, and a backslash before what is meant as it stands. Throws an `Error`. */
export function fillReplacement(replacement: string, match: RegExpExecArray): string {
  return replacement.replaceAll(
    /\\([^]?)|\$(?:\{(\w+)\}|(\d+))?/g,
    (_, escaped: string | undefined, name: string | undefined, digits: string | undefined) => {
      if (escaped !== undefined) {
        if (escaped === '') throw new Error('a replacement ends with a backslash');
        return escaped;
      }
      if (name !== undefined) {
        if (match.groups === undefined || !(name in match.groups)) throw new Error(`there is no group ${name}`);
        return match.groups[name] ?? '';
      }
      if (digits === undefined) throw new Error('a "$" in a replacement names no group. Write \\$ for the sign');
      // Only as many digits as there are groups; what follows is text.
      let length = 1;
      while (length < digits.length && Number(digits.slice(0, length + 1)) < match.length) length += 1;
      const index = Number(digits.slice(0, length));
      if (index >= match.length) throw new Error(`there is no group ${index}`);
      return (match[index] ?? '') + digits.slice(length);
    },
  );
}
