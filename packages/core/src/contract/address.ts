import { StreamError } from '../errors/stream-error.ts';

/** The form of a provider's addresses. */
export interface AddressForm {
  readonly scheme: string;
  /** What an address looks like, for messages. */
  readonly example: string;
  /** What stands behind the slashes and the credentials. */
  readonly host: RegExp;
  /** Parameters that it may have. */
  readonly parameters: readonly string[];
  /** That nobody signs in by it. */
  readonly takesNoUser?: boolean;
}

/** An address, taken apart. */
export interface Address {
  /** What stands before the `@`, decoded. */
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** What stands behind the slashes; `undefined` where nothing does. */
  readonly host: string | undefined;
  readonly parameters: Readonly<Record<string, string>>;
}

const encode = 'Percent-encode the password (and the user): / is %2F, ? is %3F, # is %23, % is %25, @ is %40';

/**
 * Takes `scheme://user:password@host?name=value` apart; user and password are percent-encoded. Throws `invalid-config`, and its
 * message quotes nothing of the address: where it cannot be read nobody knows which part of it is the password.
 */
export function parseAddress(
  url: string,
  { scheme, example, host: hostForm, parameters, takesNoUser }: AddressForm,
): Address {
  const refuse = (problem: string): never => {
    throw invalidAddress(`url ${problem}. Give ${example}`);
  };
  if (!url.startsWith(`${scheme}:`)) return refuse(`is not an address that begins with ${scheme}:`);
  const rest = url.slice(scheme.length + 1);
  if (/[\s\p{Cc}]/u.test(rest)) return refuse(`has a space or a control character in it. ${encode}`);
  if (rest !== '' && !rest.startsWith('//') && !rest.startsWith('?'))
    return refuse(`has no // behind ${scheme}:. ${encode}`);
  const text = rest.replace(/^\/\//, '');
  // A password may have been written with any of / ? # @ in it: what stands before the last @ is taken for it as a whole.
  const at = text.lastIndexOf('@');
  const credentials = at < 0 ? undefined : text.slice(0, at);
  if (credentials !== undefined && /[/?#@]/.test(credentials))
    return refuse(`has one of / ? # @ before its last @. ${encode}; an @ in a parameter is %40 as well`);
  const match = /^([^/?#]*)\/?(?:\?([^#]*))?$/.exec(text.slice(at + 1));
  if (match === null) return refuse(`has a path or a # behind its host. ${encode}`);
  const [, host = '', query = ''] = match;
  if (host !== '' && !hostForm.test(host))
    return refuse(
      'has something behind // that is not a host. If that is user and password, @ and the host are missing',
    );
  if (credentials !== undefined && takesNoUser === true) return refuse('has a user or password, and takes none');
  const [user, password] = credentials === undefined ? [] : splitAtColon(credentials);
  if (user !== undefined && password === undefined) return refuse('has a user and no password');
  return {
    user: user === undefined ? undefined : decode(user, refuse),
    password: password === undefined ? undefined : decode(password, refuse),
    host: host === '' ? undefined : host,
    parameters: parametersOf(query, parameters, at >= 0 || !host.includes(':'), refuse),
  };
}

function parametersOf(
  query: string,
  names: readonly string[],
  /** What stands before the ? can only be a host, not a user and the first half of a password. */
  isHostCertain: boolean,
  refuse: (problem: string) => never,
): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const part of query.split('&').filter((each) => each !== '')) {
    const at = part.indexOf('=');
    const name = at < 0 ? part : part.slice(0, at);
    const valid = names.length === 0 ? 'It takes none' : `Valid parameters: ${names.join(', ')}`;
    if (!names.includes(name)) {
      // A later one may be the rest of a value that has an & in it, so it is not named.
      const isNamed = isHostCertain && query.startsWith(part) && /^[A-Za-z]+=/.test(part);
      return refuse(`has an unknown parameter${isNamed ? ` ${name}` : ''}. ${valid}; an & in a value is %26`);
    }
    if (name in found) return refuse(`has the parameter ${name} twice`);
    const value = decoded(part.slice(name.length + 1).replaceAll('+', ' '));
    found[name] =
      value ?? refuse(`has a % in ${name} that no two hex digits follow. Percent-encode the value: % is %25`);
  }
  return found;
}

function decode(text: string, refuse: (problem: string) => never): string {
  return decoded(text) ?? refuse(`has a % in user or password that no two hex digits follow. ${encode}`);
}

/** `undefined` for text that is not percent-encoded as it should be. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Only the first colon parts the two: a password may have more. */
function splitAtColon(text: string): readonly [string, string | undefined] {
  const at = text.indexOf(':');
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

/** What is wrong with an address, in words that quote nothing of it. */
export function invalidAddress(message: string): StreamError {
  return new StreamError('invalid-config', message, { where: 'config' });
}
