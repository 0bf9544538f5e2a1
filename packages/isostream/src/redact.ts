import { inspect } from 'node:util';

/** Entries of a config, parameters of an address and parts of a connection string whose value proves who somebody is. */
const secretName =
  /pass|secret|token|key|cert|pfx|credential|connectionString|signature|^sig$|username|auth|webSocket|requestHandler/i;
/** Values that are a word, a number, a host or a path: the others may have a key in them. */
const plainValue = /^[\w.:,/-]{0,200}$/;

/**
 * A config as it may be printed. Entries that prove who somebody is are replaced by `***`; of an address only scheme, host and
 * plain parameters are left.
 */
export function redact(value: unknown): unknown {
  if (typeof value === 'string') return redactText(value);
  if (Array.isArray(value)) return value.map(redact);
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? '***' : value;
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => [name, secretName.test(name) ? '***' : redact(entry)]),
  );
}

/** The same object, which shows its secrets to nobody who prints it: by `console.log`, `util.inspect` or `JSON.stringify`. */
export function printable<T extends object>(config: T): T {
  const isPlain = Object.getPrototypeOf(config) === Object.prototype;
  if (!isPlain && !Array.isArray(config)) return config;
  const copy: T = isPlain
    ? { ...config, ...Object.fromEntries(Object.entries(config).map(([name, entry]) => [name, printableEntry(entry)])) }
    : config;
  for (const name of [inspect.custom, 'toJSON'])
    Object.defineProperty(copy, name, { value: () => redact({ ...copy }), enumerable: false });
  return copy;
}

function printableEntry(entry: unknown): unknown {
  return typeof entry === 'object' && entry !== null && !Array.isArray(entry) ? printable(entry) : entry;
}

function redactText(text: string): string {
  const address = /^([a-z][a-z0-9+.-]*:\/\/)([\s\S]*)$/i.exec(text);
  if (address !== null) return redactAddress(address[1] ?? '', address[2] ?? '');
  // A connection string: its parts, those with a key left out.
  if (/^\s*\w+=/.test(text)) {
    const names = text.split(';').flatMap((part) => (part === '' ? [] : [/^\s*(\w*)=/.exec(part)?.[1] ?? '']));
    const first = names.findIndex((name) => secretName.test(name));
    // What comes behind a key may belong to it: one with a ; in it.
    return names
      .slice(0, first < 0 ? names.length : first + 1)
      .map((name) => `${name}=***`)
      .join(';');
  }
  return text.includes('@') || /;\s*\w+=/.test(text) ? '***' : text;
}

function redactAddress(scheme: string, rest: string): string {
  const at = rest.lastIndexOf('@');
  const [, host = '', query = ''] = /^([^?#]*)(?:\?([^#]*))?/.exec(rest.slice(at + 1)) ?? [];
  if (!plainValue.test(host) || (at < 0 && /:[^,]*[^\d,/]/.test(host.replace(/\[[\da-f:.]+\]/gi, ''))))
    return `${scheme}***`;
  const parameters: string[] = [];
  for (const each of query.split('&').filter((part) => part !== '')) {
    const name = /^[A-Za-z]+(?==)/.exec(each)?.[0];
    const value = each.slice((name ?? '').length + 1);
    const isPlain = name !== undefined && plainValue.test(value) && !secretName.test(name);
    parameters.push(isPlain ? each : name === undefined ? '***' : `${name}=***`);
    // What comes behind it may belong to it: a key with an & in it.
    if (!isPlain) break;
  }
  return `${scheme}${at < 0 ? '' : '***@'}${host}${parameters.length === 0 ? '' : `?${parameters.join('&')}`}`;
}
