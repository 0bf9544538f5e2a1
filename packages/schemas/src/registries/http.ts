import { type ErrorCode, StreamError } from '@isostream/core';

export interface RegistryAddress {
  /** Such as `https://registry.example.com`, or `http://127.0.0.1:8080/apis/ccompat/v7` for Apicurio. */
  readonly url: string;
  readonly auth?: { readonly username: string; readonly password: string } | { readonly token: string };
  /** How long one request may take, in milliseconds. Default 5,000. */
  readonly requestTimeoutMs?: number;
}

const codes: Readonly<Record<number, ErrorCode>> = {
  401: 'unauthenticated',
  403: 'unauthorized',
  408: 'timeout',
  409: 'conflict',
  429: 'throttled',
};

/** Requests to a registry: JSON there and back, with errors that say whether waiting helps. */
export class RegistryHttp {
  readonly #base: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #timeoutMs: number;

  constructor({ url, auth, requestTimeoutMs = 5_000 }: RegistryAddress) {
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
      throw new StreamError('invalid-config', 'url of the schema registry is not an http or https address', {
        where: 'registry',
      });
    const { username, password } = new URL(url);
    if (username !== '' || password !== '')
      throw new StreamError('invalid-config', 'url of the schema registry holds credentials. Give them as auth', {
        where: 'registry',
      });
    if (!(requestTimeoutMs > 0))
      throw new StreamError('invalid-config', 'requestTimeoutMs must be more than 0', { where: 'registry' });
    this.#base = url.replace(/\/+$/, '');
    this.#timeoutMs = requestTimeoutMs;
    this.#headers = {
      accept: 'application/vnd.schemaregistry.v1+json, application/json',
      'content-type': 'application/vnd.schemaregistry.v1+json',
      ...(auth === undefined ? {} : { authorization: authorization(auth) }),
    };
  }

  /** The answer. Rejects with `undecodable`, `unavailable`, `timeout` and others; `missing` is what a 404 is. */
  async ask(method: 'GET' | 'POST', path: string, missing: ErrorCode, body?: unknown): Promise<unknown> {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), this.#timeoutMs);
    try {
      const { ok, status, text } = await this.#fetch(method, path, body, controller.signal);
      const answer = parsed(text);
      if (ok && answer !== undefined) return answer;
      throw this.#refused(`${method} ${path}`, status, ok, answer, missing);
    } finally {
      clearTimeout(timer);
    }
  }

  async #fetch(method: string, path: string, body: unknown, signal: AbortSignal) {
    try {
      const init = { method, headers: this.#headers, signal, redirect: 'error' } as const;
      const sent = body === undefined ? init : { ...init, body: JSON.stringify(body) };
      const response = await fetch(this.#base + path, sent);
      return { ok: response.ok, status: response.status, text: await response.text() };
    } catch (cause) {
      const [code, what] = signal.aborted
        ? (['timeout', `did not answer within ${this.#timeoutMs} ms`] as const)
        : (['unavailable', 'cannot be reached'] as const);
      throw new StreamError(code, `the schema registry at ${this.#base} ${what}`, { where: 'registry', cause });
    }
  }

  #refused(request: string, status: number, ok: boolean, answer: unknown, missing: ErrorCode): StreamError {
    const said = fieldOf(answer, 'message');
    const reason = typeof said === 'string' ? `: ${said.slice(0, 300)}` : '';
    // A gateway that stands before the registry has no error codes, and what it lacks is the registry.
    const isMissing = status === 404 && String(fieldOf(answer, 'error_code')).startsWith('404');
    const code = ok || status >= 500 ? 'unavailable' : isMissing ? missing : (codes[status] ?? 'invalid-config');
    const message = `the schema registry at ${this.#base} answered ${request} with ${status}${reason}. ${cures[code] ?? 'Check its address and the schema'}`;
    return new StreamError(code, message, { where: 'registry' });
  }
}

const cures: Partial<Record<ErrorCode, string>> = {
  conflict:
    'The schema is not compatible with the versions that are registered: change it compatibly, or use another subject',
  unauthenticated: 'Check auth',
  unauthorized: 'Give these credentials the right to read, and with register to write, the subject',
  undecodable:
    'The event names a schema that this registry does not have: check that it is the registry of its producer',
  unavailable: 'It is asked again',
  throttled: 'It is asked again',
};

function authorization(auth: NonNullable<RegistryAddress['auth']>): string {
  if ('token' in auth) return `Bearer ${auth.token}`;
  return `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}`;
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

/** A field of an answer; `undefined` where it is not an object that has it. */
export function fieldOf(answer: unknown, name: string): unknown {
  return typeof answer === 'object' && answer !== null
    ? new Map<string, unknown>(Object.entries(answer)).get(name)
    : undefined;
}
