import { type ErrorCode, StreamError } from '@isostream/core';

export interface RegistryAddress {
  /** Such as `https://registry.example.com`, or `http://127.0.0.1:8080/apis/ccompat/v7` for Apicurio. */
  readonly url: string;
  readonly auth?: { readonly username: string; readonly password: string } | { readonly token: string };
  /** How long one request may take, in milliseconds. Default 5,000. */
  readonly requestTimeoutMs?: number;
}

/** What is particular to a registry in requests and answers. */
export interface Dialect {
  readonly url: string;
  readonly timeoutMs: number;
  /** Of every request; may have to be asked for. */
  readonly headers: (
    signal: AbortSignal,
  ) => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;
  /** Whether an answer with 404 is the registry's own: of a gateway before it, the registry is what is missing. */
  readonly isMissing: (answer: unknown) => boolean;
  readonly reasonOf: (answer: unknown) => unknown;
  /** Codes of answers that mean something else here. */
  readonly codeOf?: (status: number, reason: string) => ErrorCode | undefined;
}

export interface RegistryRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  /** What a 404 is. */
  readonly missing: ErrorCode;
  readonly body?: string;
  readonly contentType?: string;
}

export interface RegistryAnswer {
  readonly text: string;
  readonly headers: Headers;
}

const codes: Readonly<Record<number, ErrorCode>> = {
  401: 'unauthenticated',
  403: 'unauthorized',
  408: 'timeout',
  409: 'conflict',
  429: 'throttled',
};

/** Requests to a registry, with errors that say whether waiting helps. */
export class RegistryHttp {
  readonly #base: string;
  readonly #dialect: Dialect;

  constructor(dialect: Dialect) {
    const { url, timeoutMs } = dialect;
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
      throw wrong('url of the schema registry is not an http or https address');
    const { username, password } = new URL(url);
    if (username !== '' || password !== '')
      throw wrong('url of the schema registry holds credentials. Give them as auth');
    if (!(timeoutMs > 0)) throw wrong('requestTimeoutMs must be more than 0');
    this.#base = url.replace(/\/+$/, '');
    this.#dialect = dialect;
  }

  /** An answer that is right. Rejects with what `missing` says for what is not there, `unavailable`, `timeout` and others. */
  async ask(request: RegistryRequest): Promise<RegistryAnswer> {
    const controller = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        controller.abort();
        reject(this.#away('timeout', `did not answer within ${this.#dialect.timeoutMs} ms`));
      }, this.#dialect.timeoutMs);
    });
    try {
      const { status, text, headers } = await Promise.race([this.#fetch(request, controller.signal), late]);
      if (status >= 200 && status < 300) return { text, headers };
      throw this.#refused(request, status, parsed(text));
    } finally {
      clearTimeout(timer);
    }
  }

  /** For an answer that says nothing, as a page of a gateway does. */
  senseless({ method, path }: RegistryRequest): StreamError {
    return this.#away('unavailable', `answered ${method} ${path} with something else. ${cures['unavailable']}`);
  }

  async #fetch(request: RegistryRequest, signal: AbortSignal) {
    const { method, path, body, contentType } = request;
    const own = await this.#dialect.headers(signal);
    const headers = contentType === undefined ? own : { ...own, 'content-type': contentType };
    try {
      const init = { method, headers, signal, redirect: 'error' } as const;
      const response = await fetch(this.#base + path, body === undefined ? init : { ...init, body });
      return { status: response.status, headers: response.headers, text: await textOf(response) };
    } catch (cause) {
      throw this.#away('unavailable', 'cannot be reached. Check its address, and that it runs', cause);
    }
  }

  #away(code: ErrorCode, what: string, cause?: unknown): StreamError {
    return new StreamError(code, `the schema registry at ${this.#base} ${what}`, { where: 'registry', cause });
  }

  #refused({ method, path, missing }: RegistryRequest, status: number, answer: unknown): StreamError {
    const said = this.#dialect.reasonOf(answer);
    const reason = typeof said === 'string' ? said.slice(0, 300) : '';
    const code =
      this.#dialect.codeOf?.(status, reason) ??
      (status >= 500 || status < 400
        ? 'unavailable'
        : status === 404 && this.#dialect.isMissing(answer)
          ? missing
          : (codes[status] ?? 'invalid-config'));
    const problem = `answered ${method} ${path} with ${status}${reason === '' ? '' : `: ${reason}`}`;
    return this.#away(code, `${problem}. ${cures[code] ?? 'Check its address and the schema'}`);
  }
}

/** No schema is as large; what is packed can unpack to any size. */
const largestAnswer = 16 * 1_048_576;

async function textOf({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const stream: AsyncIterable<Uint8Array> | null = body;
  for await (const chunk of stream ?? []) {
    length += chunk.byteLength;
    if (length > largestAnswer) throw new RangeError(`an answer of more than ${largestAnswer} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const cures: Partial<Record<ErrorCode, string>> = {
  conflict:
    'The schema is not compatible with the versions that are registered: change it compatibly, or give it another name',
  unauthenticated: 'Check auth or credential',
  unauthorized: 'Give these credentials the right to read, and with register to write, the schema',
  undecodable:
    'The event names a schema that this registry does not have: check that it is the registry of its producer',
  unavailable: 'It is asked again',
  throttled: 'It is asked again',
};

/** The value of a JSON text; `undefined` where it is none. */
export function parsed(text: string): unknown {
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

function wrong(message: string): StreamError {
  return new StreamError('invalid-config', message, { where: 'registry' });
}
