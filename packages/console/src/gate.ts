import { timingSafeEqual } from 'node:crypto';

/** What is known of a request before anything is done for it. */
export interface Request {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** Why a request is refused, and with which status. */
export interface Refusal {
  readonly status: 401 | 403 | 405 | 415;
  readonly why: string;
}

/**
 * Lets requests of the console's own page in, and no other. Loopback alone does not protect: pages of other sites and other programs
 * reach it. The list of hosts stops names that were pointed at this machine, the origin stops other sites, the token the rest. Pure.
 */
export function refuse(request: Request, port: number, token: string): Refusal | undefined {
  const { method, path, headers } = request;
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`];
  const host = single(headers['host']);
  if (host === undefined || !hosts.includes(host)) return { status: 403, why: 'the console answers on loopback only' };
  const origin = headers['origin'];
  if (origin !== undefined && origin !== `http://${host}`)
    return { status: 403, why: 'requests of other pages are refused' };
  const isApi = path.startsWith('/api/');
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && (isApi || site !== 'none'))
    return { status: 403, why: 'requests of other pages are refused' };
  if (method !== 'GET' && !(isApi && method === 'POST')) return { status: 405, why: `${method} is not used here` };
  if (!isApi) return undefined;
  if (!isToken(single(headers['authorization']), token))
    return { status: 401, why: 'the token is missing or of another start. Open the address that the console printed' };
  const type = single(headers['content-type'])?.split(';')[0];
  if (method === 'POST' && type !== 'application/json') return { status: 415, why: 'send JSON' };
  return undefined;
}

function single(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined;
}

/** In a time that says nothing of how much of it is right. */
function isToken(authorization: string | undefined, token: string): boolean {
  const [given, right] = [Buffer.from(authorization ?? ''), Buffer.from(`Bearer ${token}`)];
  return given.length === right.length && timingSafeEqual(given, right);
}

/** What every answer says to the browser. */
export const answerHeaders: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};
