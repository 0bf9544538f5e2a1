import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { userInfo } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { StreamError, type Streams } from '@isostream/core';
import { LagWatch, NotFound } from '@isostream/operations';
import { acts } from './acts.ts';
import { answerHeaders, refuse } from './gate.ts';
import { Input } from './input.ts';
import { Jobs } from './jobs.ts';
import { LetterCounts } from './letter-counts.ts';
import { type Context, type Route, routes } from './routes.ts';

/** How a console is started. */
export interface ConsoleOptions {
  readonly streams: Streams;
  /** Acts that are allowed: `redrive`, `discard`, `edit`, `reset`, `delete-group`, `send`, or all of them. Default none. */
  readonly allowChanges?: boolean | readonly string[];
  /** Where it listens, on loopback; default any port that is free. */
  readonly port?: number;
  /** Where the service is, without secrets; for people. */
  readonly address?: string;
  /** Called with one line of JSON for each change and each one that was refused. Default: standard error. */
  readonly audit?: (line: string) => void;
  /** How often it looks at the groups, in milliseconds. Default 5,000. */
  readonly everyMs?: number;
}

/** A console that runs. */
export interface Console extends AsyncDisposable {
  /** Has the token of this start in it: whoever has it can use the console. */
  readonly url: string;
  /** Ends running acts and stops listening. */
  close(): Promise<void>;
}

/** Names of all acts. */
export const consoleActs: readonly string[] = Object.keys(acts);

const files: Readonly<Record<string, readonly [file: string, type: string]>> = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/console.js': ['console.js', 'text/javascript; charset=utf-8'],
  '/console.css': ['console.css', 'text/css; charset=utf-8'],
};

/** Also under src: the page is built once. */
const folder = new URL('../dist/page/', import.meta.url);
const mostBytes = 4 * 1_048_576;

/**
 * Serves a page on loopback that shows topics, groups, events and dead letters, and changes nothing unless that is allowed. The client
 * stays the caller's: closing the console does not close it. Throws `invalid-config` for an act that does not exist.
 */
export async function startConsole(options: ConsoleOptions): Promise<Console> {
  const { streams, allowChanges = false, port: asked = 0, address, everyMs = 5_000 } = options;
  const allowed = new Set(typeof allowChanges === 'boolean' ? (allowChanges ? consoleActs : []) : allowChanges);
  for (const act of allowed)
    if (!consoleActs.includes(act))
      throw new StreamError(
        'invalid-config',
        `there is no change ${JSON.stringify(act)}. Valid: ${consoleActs.join(', ')}`,
        {
          where: 'console',
        },
      );
  const audit = auditor(options.audit);
  const letters = new LetterCounts(streams);
  const jobs = new Jobs((entry) => {
    if (entry['state'] !== 'started') letters.changed();
    audit(entry);
  });
  const watch = new LagWatch(streams);
  const ended = new AbortController();
  let problem: string | null = null;
  const { name, capabilities } = streams.adapter;
  const { lag, members, resetGroup, replay, settlement } = capabilities;
  const context: Context = {
    streams,
    watch,
    letters,
    jobs,
    audit,
    allowed,
    about: { provider: name, address: address ?? null, capabilities: { lag, members, resetGroup, replay, settlement } },
    problem: () => problem,
  };
  const token = randomBytes(32).toString('base64url');
  const servers: Server[] = [];
  const answering = new Set<Promise<void>>();
  const port = await listen(servers, asked, (request, response) => {
    const answered = answer(request, response, { context, token, port: portOf(servers[0]), audit })
      .catch(() => void response.destroy())
      .finally(() => answering.delete(answered));
    answering.add(answered);
  });
  const looking = lookAgain(context, everyMs, ended.signal, (why) => (problem = why));
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= end());
  const end = async (): Promise<void> => {
    ended.abort();
    jobs.cancelAll();
    for (const server of servers) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
    await looking;
    // The client stays open until tails have deleted their groups, and acts have written their markers.
    await Promise.allSettled([...answering, jobs.idle()]);
  };
  return { url: `http://127.0.0.1:${port}/#token=${token}`, close, [Symbol.asyncDispose]: close };
}

/** The next look begins some time after the last one has ended, however long that took. */
async function lookAgain(
  { watch, letters }: Context,
  everyMs: number,
  signal: AbortSignal,
  tell: (problem: string | null) => void,
): Promise<void> {
  const failed = (error: unknown): void => tell(error instanceof Error ? error.message : String(error));
  let counting: Promise<void> | undefined;
  while (!signal.aborted) {
    try {
      const found = await watch.look({ signal });
      tell(null);
      // Beside the looks: reading letters waits for a service that went away, and the page has to say that it did.
      if (found.stale === null)
        counting ??= letters
          .look(found, signal)
          .catch(failed)
          .finally(() => (counting = undefined));
    } catch (error) {
      failed(error);
    }
    await setTimeout(everyMs, undefined, { signal }).catch(() => undefined);
  }
  await counting;
}

interface Answering {
  readonly context: Context;
  readonly token: string;
  readonly port: number;
  readonly audit: (entry: Readonly<Record<string, unknown>>) => void;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { context, token, port, audit }: Answering,
): Promise<void> {
  for (const [name, value] of Object.entries(answerHeaders)) response.setHeader(name, value);
  // Not relative to a base: `//` would be taken for a host.
  const url = new URL(`http://console${request.url ?? '/'}`);
  const method = request.method ?? 'GET';
  const refusal = refuse({ method, path: url.pathname, headers: request.headers }, port, token);
  if (refusal !== undefined) {
    send(response, refusal.status, { error: refusal.why });
    return;
  }
  if (url.pathname === '/favicon.ico') {
    response.writeHead(204).end();
    return;
  }
  const route = Object.hasOwn(routes, url.pathname) ? routes[url.pathname] : undefined;
  if (route === undefined) {
    sendFile(response, method, url.pathname);
    return;
  }
  if (route.method !== method) {
    send(response, 405, { error: `${method} is not used here` });
    return;
  }
  if (route.changes === true && context.allowed.size === 0) {
    audit({ act: url.pathname, state: 'refused', why: 'read-only' });
    send(response, 403, { error: 'the console is read-only. Start it with --allow-changes' });
    return;
  }
  await answerRoute(route, context, { request, response, url });
}

async function answerRoute(
  route: Route,
  context: Context,
  {
    request,
    response,
    url,
  }: { readonly request: IncomingMessage; readonly response: ServerResponse; readonly url: URL },
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  try {
    const input = route.method === 'GET' ? Input.ofQuery(url.searchParams) : Input.ofBody(await bodyOf(request));
    const found = await route.answer(context, { input, signal: gone.signal, response });
    if (found !== undefined) send(response, 200, found);
  } catch (error) {
    if (gone.signal.aborted && !response.writable) return;
    send(response, statusOf(error), { error: error instanceof Error ? error.message : String(error) });
  }
}

function statusOf(error: unknown): number {
  if (error instanceof NotFound) return 404;
  if (!StreamError.is(error)) return 500;
  const statuses: Readonly<Partial<Record<string, number>>> = {
    'invalid-config': 400,
    'unknown-topic': 404,
    conflict: 409,
    unauthorized: 403,
    unsupported: 422,
    unavailable: 503,
    timeout: 504,
  };
  return statuses[error.code] ?? 500;
}

function send(response: ServerResponse, status: number, value: unknown): void {
  if (response.headersSent) {
    response.end();
    return;
  }
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(value));
}

function sendFile(response: ServerResponse, method: string, path: string): void {
  const found = Object.hasOwn(files, path) ? files[path] : undefined;
  if (found === undefined || method !== 'GET') {
    send(response, 404, { error: 'there is nothing here' });
    return;
  }
  const [file, type] = found;
  try {
    const bytes = readFileSync(new URL(file, folder));
    response.writeHead(200, { 'content-type': type });
    response.end(bytes);
  } catch {
    send(response, 500, { error: 'the page is not built. Build it: npm run build' });
  }
}

function bodyOf(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > mostBytes) {
        request.destroy();
        reject(new StreamError('invalid-config', 'the request is too large', { where: 'console' }));
      } else chunks.push(chunk);
    });
    request.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    request.on('error', reject);
  });
}

/** On both loopback addresses, where the machine has both. */
async function listen(
  servers: Server[],
  port: number,
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<number> {
  const first = createServer(handler);
  servers.push(first);
  await new Promise<void>((resolve, reject) => {
    first.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE' || error.code === 'EACCES'
          ? new StreamError(
              'invalid-config',
              `port ${port} cannot be used (${error.code}). Give another, or 0 for any that is free`,
              { where: 'console' },
            )
          : error,
      ),
    );
    first.listen(port, '127.0.0.1', resolve);
  });
  const bound = portOf(first);
  const second = createServer(handler);
  const isBound = await new Promise<boolean>((resolve) => {
    second.once('error', () => resolve(false));
    second.listen(bound, '::1', () => resolve(true));
  });
  if (isBound) servers.push(second);
  return bound;
}

function portOf(server: Server | undefined): number {
  const address = server?.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Who did what, never what was in it. */
function auditor(
  write: (line: string) => void = (line) => void process.stderr.write(`${line}\n`),
): (entry: Readonly<Record<string, unknown>>) => void {
  const user = userName();
  return (entry) => write(JSON.stringify({ time: new Date().toISOString(), user, ...entry }));
}

/** In a container the number of a user may have no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
