/** Java's classes of characters, for ASCII. */
const posix: Readonly<Record<string, string>> = {
  Lower: 'a-z',
  Upper: 'A-Z',
  ASCII: String.raw`\x00-\x7F`,
  Alpha: 'a-zA-Z',
  Digit: '0-9',
  Alnum: 'a-zA-Z0-9',
  Punct: String.raw`!-\/:-@\[-\x60{-~`,
  Graph: '!-~',
  Print: ' -~',
  Cntrl: String.raw`\x00-\x1F\x7F`,
  Blank: String.raw` \t`,
  XDigit: '0-9a-fA-F',
  Space: String.raw`\t-\r `,
};
/** Those that have other characters in JavaScript. */
const own: Readonly<Record<string, string>> = {
  s: String.raw`\t-\r `,
  h: String.raw` \t\xA0\u1680\u180E\u2000-\u200A\u202F\u205F\u3000`,
  v: String.raw`\n-\r\x85\u2028\u2029`,
};
/** All but white space. */
const notSpace = String.raw`\x00-\x08\x0E-\x1F!-\uFFFF`;
const same: Readonly<Record<string, string>> = { e: String.raw`\x1B`, a: String.raw`\x07` };

/** In a class of characters, or behind a part of the expression that has so many groups. */
export type Place = 'class' | { readonly groups: number; readonly before: string };

/** What stands for an escape of Java at the start of a text, and how much of the text it is. Throws an `Error`. */
export function escape(rest: string, place: Place): readonly [taken: number, text: string] {
  const code = rest.charAt(1);
  const lower = code.toLowerCase();
  const isInClass = place === 'class';
  if (code === '') throw new Error('a backslash at the end');
  if (code === 'Q') return quoted(rest);
  if (lower === 'p') return property(rest, isInClass);
  if (/[1-9]/.test(code)) return reference(rest, place);
  if (code === 'k') return namedReference(rest, place);
  if (/[0xuc]/.test(code)) return character(rest);
  if (code === 'S' && isInClass) return [2, notSpace];
  const members = own[lower];
  if (members !== undefined) return [2, classOf(members, code !== lower, isInClass, rest)];
  if (/[dDwWtnrf]/.test(code) || (/[bB]/.test(code) && !isInClass)) return [2, `\\${code}`];
  if (code === 'A' && !isInClass) return [2, '^'];
  if (lower === 'z' && !isInClass) return [2, '$'];
  if (code in same) return [2, same[code] ?? ''];
  if (/[A-Za-z]/.test(code)) throw new Error(`\\${code} is not supported${isInClass ? ' in a class' : ''}`);
  return [2, `\\${code}`];
}

function quoted(rest: string): readonly [taken: number, text: string] {
  const end = rest.indexOf(String.raw`\E`);
  const text = rest.slice(2, end === -1 ? undefined : end);
  return [end === -1 ? rest.length : end + 2, text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`)];
}

function property(rest: string, isInClass: boolean): readonly [taken: number, text: string] {
  const [whole, name = ''] = /^\\[pP]\{(?:Is)?(\w+)\}/.exec(rest) ?? [];
  const members = posix[name];
  if (whole === undefined || members === undefined) {
    const given = /^\\[pP](?:\{[^}]*\}?|.?)/.exec(rest)?.[0] ?? '';
    throw new Error(`${given} is not supported. Use one of ${Object.keys(posix).join(', ')}: \\p{Alpha}`);
  }
  return [whole.length, classOf(members, rest.charAt(1) === 'P', isInClass, whole)];
}

function classOf(members: string, isNegated: boolean, isInClass: boolean, given: string): string {
  if (isInClass && isNegated) throw new Error(`${given.slice(0, 12)} is not supported in a class`);
  return isInClass ? members : `[${isNegated ? '^' : ''}${members}]`;
}

/** As many digits as there are groups; what follows is text. */
function reference(rest: string, place: Place): readonly [taken: number, text: string] {
  const groups = place === 'class' ? 0 : place.groups;
  let length = 2;
  while (/\d/.test(rest.charAt(length)) && Number(rest.slice(1, length + 1)) <= groups) length += 1;
  const number = Number(rest.slice(1, length));
  if (number > groups) throw new Error(`there is no group ${number} before \\${number}`);
  // In brackets, so that no digit behind it belongs to it.
  return [length, `(?:\\${number})`];
}

function namedReference(rest: string, place: Place): readonly [taken: number, text: string] {
  const [whole, name] = /^\\k<([A-Za-z][A-Za-z0-9]*)>/.exec(rest) ?? [];
  if (whole === undefined || place === 'class' || !place.before.includes(`(?<${name}>`))
    throw new Error(`there is no group ${name ?? ''} before ${rest.slice(0, 12)}`);
  return [whole.length, whole];
}

/** A character by its number. */
function character(rest: string): readonly [taken: number, text: string] {
  const [octal, digits] = /^\\0([0-3][0-7]{2}|[0-7]{1,2})/.exec(rest) ?? [];
  const [hex, ...forms] = /^\\(?:x([\dA-Fa-f]{2})|x\{([\dA-Fa-f]{1,6})\}|u([\dA-Fa-f]{4}))/.exec(rest) ?? [];
  const [control, letter = ''] = /^\\c([@-_a-z])/.exec(rest) ?? [];
  const [whole, point] =
    octal !== undefined
      ? [octal, Number.parseInt(digits ?? '', 8)]
      : hex !== undefined
        ? [hex, Number.parseInt(forms.find((form) => form !== undefined) ?? '', 16)]
        : [control, letter.charCodeAt(0) ^ 64];
  if (whole === undefined) throw new Error(`${rest.slice(0, 4)} is not a character`);
  if (point > 0xff_ff) throw new Error(`${whole} is beyond \\uFFFF, which is not supported`);
  return [whole.length, `\\u${point.toString(16).padStart(4, '0')}`];
}
