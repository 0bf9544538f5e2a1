import { invalid } from '../invalid-config.ts';
import { redactUrl } from '../redact.ts';

interface Form {
  readonly scheme: string;
  /** What an address looks like, for messages. */
  readonly example: string;
  /** Parameters that it may have. */
  readonly parameters: readonly string[];
}

export interface Address {
  /** What stands before the `@`, decoded. */
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** What stands behind the slashes; `undefined` where nothing does. */
  readonly host: string | undefined;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Takes `scheme://user:password@host?name=value` apart; user and password are percent-encoded. Throws `invalid-config` that shows no secret. */
export function parseAddress(url: string, { scheme, example, parameters }: Form): Address {
  const refuse = (problem: string): never => {
    throw invalid(`url ${JSON.stringify(redactUrl(url))} ${problem}. Give ${example}`);
  };
  const match = /^[a-z]+:(?:\/\/(?:([^/?#@:]*):([^/?#@]*)@)?([^/?#@]*)\/?)?(?:\?([^#]*))?$/.exec(url);
  if (match === null || !url.startsWith(`${scheme}:`)) return refuse(`is no address of ${scheme}`);
  const [, user, password, host, query = ''] = match;
  const given = new URLSearchParams(query);
  for (const name of given.keys())
    if (!parameters.includes(name))
      return refuse(`has an unknown parameter ${name}. Known are ${parameters.join(', ')}`);
  return {
    user: user === undefined ? undefined : decodeURIComponent(user),
    password: password === undefined ? undefined : decodeURIComponent(password),
    host: host === '' ? undefined : host,
    parameters: Object.fromEntries(given),
  };
}
