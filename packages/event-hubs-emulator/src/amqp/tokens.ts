import { createHmac, timingSafeEqual } from 'node:crypto';
import { pathOf } from './address.ts';
import type { Request, Response } from './request-response.ts';

/** Shared access keys by name. */
export type Keys = Readonly<Record<string, string>>;

/** What the tokens that one connection put allow it, and until when. */
export class Tokens {
  readonly #keys: Keys;
  /** The second that a path's token ends at. */
  readonly #granted = new Map<string, number>();

  constructor(keys: Keys) {
    this.#keys = keys;
  }

  /** Answers one put-token. */
  put({ properties, body }: Request): Response {
    if (properties['operation'] !== 'put-token')
      return { status: 400, description: 'The operation is not understood.', condition: 'amqp:not-implemented' };
    const audience = String(properties['name']);
    const token = String(body);
    // A token of a directory is proven by the directory's keys, which nobody has here: it is taken as it is.
    const end =
      properties['type'] === 'jwt'
        ? Infinity
        : sharedAccessEnd(token, pathOf(audience), this.#keys, Date.now() / 1_000);
    if (end === undefined)
      return {
        status: 401,
        description: `Unauthorized access to '${audience}'.`,
        condition: 'amqp:unauthorized-access',
      };
    this.#granted.set(pathOf(audience).toLowerCase(), end);
    return { status: 202, description: 'Accepted' };
  }

  /** Whether a token for that path, or for one above it, was put and has not ended. */
  allow(address: string): boolean {
    const path = pathOf(address).toLowerCase();
    for (const [granted, end] of this.#granted)
      if (end * 1_000 > Date.now() && (granted === '' || path === granted || path.startsWith(`${granted}/`)))
        return true;
    return false;
  }
}

/** The second at which a valid shared access signature ends; `undefined` for one that is wrong, too narrow or over. */
function sharedAccessEnd(token: string, path: string, keys: Keys, nowSeconds: number): number | undefined {
  const [scheme, rest = ''] = token.split(' ');
  const fields = new Map(
    rest.split('&').map((field) => [field.slice(0, field.indexOf('=')), field.slice(field.indexOf('=') + 1)]),
  );
  const resource = fields.get('sr') ?? '';
  const end = Number(fields.get('se'));
  const key = keys[decode(fields.get('skn'))];
  if (scheme !== 'SharedAccessSignature' || key === undefined || !(end > nowSeconds)) return undefined;
  const expected = createHmac('sha256', key)
    .update(`${resource}\n${fields.get('se')}`)
    .digest('base64');
  const signed = Buffer.from(decode(fields.get('sig')));
  if (signed.length !== expected.length || !timingSafeEqual(signed, Buffer.from(expected))) return undefined;
  const scope = pathOf(decode(resource)).toLowerCase();
  const wanted = path.toLowerCase();
  return scope === '' || wanted === scope || wanted.startsWith(`${scope}/`) ? end : undefined;
}

function decode(text = ''): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
