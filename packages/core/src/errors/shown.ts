/** Letters, digits, `_`, `.` and `-`: a word that is a name or a number, and no address with a password in it. */
const harmless = /^[\w.-]{0,64}$/;

/**
 * A value for a message: quoted where it is a plain word, a number as it is, and otherwise only what kind of thing it is. Whoever
 * puts a password in the wrong place reads which option is wrong, and nobody reads the password in a log.
 */
export function shown(value: unknown): string {
  if (typeof value === 'string') return harmless.test(value) ? JSON.stringify(value) : 'a text that is not shown here';
  if (value === null || ['number', 'bigint', 'boolean', 'undefined'].includes(typeof value)) return String(value);
  return Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`;
}
