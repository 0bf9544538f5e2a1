const stored = 'isostream-token';

/** Takes the token out of the address, where it came in a part that is never sent, and keeps it for this tab. */
export function takeToken(): boolean {
  const given = /^#token=([\w-]+)$/.exec(location.hash)?.[1];
  if (given === undefined) return false;
  sessionStorage.setItem(stored, given);
  history.replaceState(null, '', `${location.pathname}#/now`);
  return true;
}

/** What went wrong, in the words of the server. */
export class Failure extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

type Query = Readonly<Record<string, string | number | undefined>>;

/** Asks for data. */
export async function get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  return read<T>(await ask(`/api/${path}${queryText(query)}`, signal === undefined ? {} : { signal }));
}

/** Asks for a plan, or for a change. */
export async function post<T>(path: string, body: object): Promise<T> {
  const headers = { 'content-type': 'application/json' };
  return read<T>(await ask(`/api/${path}`, { method: 'POST', headers, body: JSON.stringify(body) }));
}

/** Reads an answer line by line, until it ends or the signal is aborted; then the server stops as well. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- whoever asks says what the lines are
export async function lines<T>(
  path: string,
  query: Query,
  signal: AbortSignal,
  each: (line: T) => void,
): Promise<void> {
  const response = await ask(`/api/${path}${queryText(query)}`, { signal });
  if (!response.ok || response.body === null) return void (await read<never>(response));
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (rest + value).split('\n');
    rest = parts.pop() ?? '';
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the server and this page are one program
    for (const part of parts) each(JSON.parse(part) as T);
  }
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set('authorization', `Bearer ${sessionStorage.getItem(stored) ?? ''}`);
  try {
    return await fetch(path, { ...init, headers, credentials: 'omit' });
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    throw new Failure(
      0,
      'the console does not answer: was it stopped? Start it again, and open the address that it prints',
    );
  }
}

async function read<T>(response: Response): Promise<T> {
  const value: unknown = await response.json().catch(() => undefined);
  if (!response.ok)
    throw new Failure(response.status, errorIn(value) ?? `the console answered with ${response.status}`);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the server and this page are one program
  return value as T;
}

function errorIn(value: unknown): string | undefined {
  return typeof value === 'object' && value !== null && 'error' in value && typeof value.error === 'string'
    ? value.error
    : undefined;
}

function queryText(query: Query): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  return given.length === 0
    ? ''
    : `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()}`;
}
