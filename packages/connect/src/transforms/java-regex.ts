import { ConfigError } from '../config/definition.ts';
import { escape, type Place } from './java-escapes.ts';

/**
 * Reads a regular expression of Java. What JavaScript has in another form is rewritten; what it does not have, or takes for
 * something else, is refused with {@link ConfigError}.
 */
export function javaRegex(pattern: string, property: string): RegExp {
  const [start = '', flags = ''] = /^\(\?([imsu]+)\)/.exec(pattern) ?? [];
  const rest = pattern.slice(start.length);
  try {
    if (flags.includes('i') && !flags.includes('u') && /[^\0-\x7F]/.test(rest))
      throw new Error('(?i) is for ASCII letters only. Use (?iu)');
    return new RegExp(translate(rest), ['i', 'm', 's'].filter((flag) => flags.includes(flag)).join(''));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.replace(/^Invalid regular expression: /, '') : String(cause);
    throw new ConfigError(
      `${property} is ${JSON.stringify(pattern)}, which is not a regular expression that can be used: ${why}`,
      { cause },
    );
  }
}

/** Whether the whole text matches. */
export function matchesWhole(regex: RegExp, text: string): boolean {
  return new RegExp(`^(?:${regex.source})$`, regex.flags.replace('m', '')).test(text);
}

const unsupported: readonly (readonly [form: RegExp, what: string])[] = [
  [/^(?:[*+?]|\{\d+(?:,\d*)?\})\+/, 'possessive quantifiers are not supported'],
  [/^\(\?>/, 'atomic groups are not supported'],
  [
    /^\(\?[A-Za-z-]+[:)]/,
    'flags are supported only at the start, and of them i, m, s and u: (?i). Write [aA] for a letter of either case',
  ],
  [/^\(\?<(?![=!]|[A-Za-z][A-Za-z0-9]*>)/, 'the name of a group has letters and digits only'],
  [/^\{(?!\d+(?:,\d*)?\})/, 'illegal repetition'],
];

function translate(pattern: string): string {
  let out = '';
  let groups = 0;
  for (let at = 0; at < pattern.length;) {
    const rest = pattern.slice(at);
    const problem = unsupported.find(([form]) => form.test(rest));
    if (problem !== undefined) throw new Error(problem[1]);
    if (/^\((?!\?)|^\(\?<[A-Za-z]/.test(rest)) groups += 1;
    const [taken, text] = rest.startsWith('[')
      ? classOf(rest)
      : rest.startsWith('\\')
        ? escape(rest, { groups, before: pattern.slice(0, at) })
        : [1, rest.charAt(0)];
    out += text;
    at += taken;
  }
  return out;
}

const aClass = /^\\[dDwWsSpPhHvV]/;

/** What one member of a class is in JavaScript. */
function member(rest: string, place: Place): readonly [taken: number, text: string] {
  return rest.startsWith('\\') ? escape(rest, place) : [1, rest.startsWith(']') ? '\\]' : rest.charAt(0)];
}

/** A class of characters, from its first bracket to its last. */
function classOf(pattern: string): readonly [taken: number, text: string] {
  const [open = ''] = /^\[\^?/.exec(pattern) ?? [];
  let out = open;
  let at = open.length;
  const place: Place = 'class';
  let before: 'start' | 'character' | 'class' | 'range' = 'start';
  for (;;) {
    const rest = pattern.slice(at);
    if (rest === '') throw new Error('a class is not closed');
    // A bracket that comes first is one of the characters.
    if (rest.startsWith(']') && at > open.length) return [at + 1, `${out}]`];
    const isDash = rest.startsWith('-') && rest.charAt(1) !== ']';
    if (/^-?(?:\[|&&)/.test(rest)) throw new Error('classes inside of classes are not supported');
    if (isDash && before === 'character') {
      const upper = rest.slice(1);
      if (aClass.test(upper)) throw new Error('a range ends with a class');
      const [taken, end] = member(upper, place);
      out += `-${end}`;
      at += 1 + taken;
      before = 'range';
      continue;
    }
    // Behind a class, or a range, it is itself: what stands for the class may end with a character.
    const [taken, text] = isDash ? [1, '\\-'] : member(rest, place);
    out += text;
    at += taken;
    before = aClass.test(rest) ? 'class' : 'character';
  }
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
