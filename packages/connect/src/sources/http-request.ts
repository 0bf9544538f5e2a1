import { messageOf, StreamError, withDeadline } from '@isostream/core/adapter';
import { ConfigError } from '../config/definition.ts';
import { readJson } from '../data/json-read.ts';
import type { Value } from '../data/values.ts';
import { SourceUnavailable } from './source.ts';

export interface HttpRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** What an endpoint answered; `body` is `undefined` where there is nothing new, or nothing at all. */
export interface HttpAnswer {
  readonly body: Value | undefined;
  readonly etag: string | undefined;
}

const longestWaitMs = 3_600_000;

/**
 * Asks an endpoint for JSON. Throws `SourceUnavailable` for what passes by itself, with the wait that `retry-after` asks for, and
 * `ConfigError` for what an operator has to mend. Messages name the endpoint without its query, which may hold a secret.
 */
export async function getJson({ url, headers, timeoutMs, maxBytes, signal }: HttpRequest): Promise<HttpAnswer> {
  const name = url.origin + url.pathname;
  const late = (): StreamError =>
    new StreamError('timeout', `no answer within ${timeoutMs} ms`, { where: 'http source' });
  let response: Response;
  let bytes: Uint8Array | undefined;
  try {
    [response, bytes] = await withDeadline({ ms: timeoutMs, late, signals: [signal] }, async (either) => {
      // A redirect could take credentials elsewhere.
      const answer = await fetch(url, { headers, signal: either, redirect: 'manual' });
      return [answer, await bodyOf(answer, maxBytes)];
    });
  } catch (cause) {
    const why = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
    throw new SourceUnavailable(`${name} cannot be reached: ${messageOf(why)}`, { cause });
  }
  const { status } = response;
  const etag = response.headers.get('etag') ?? undefined;
  if (status === 304 || status === 204) return { body: undefined, etag };
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    const waitMs = retryAfter(response.headers.get('retry-after'));
    throw new SourceUnavailable(`${name} answers ${status}`, waitMs === undefined ? {} : { waitMs });
  }
  if (status === 401 || status === 403)
    throw new ConfigError(`${name} answers ${status}. Check connection.user, connection.password and headers`);
  if (status >= 300 && status < 400)
    throw new ConfigError(`${name} answers ${status}: it is somewhere else. Give the new address as url`);
  if (status !== 200) throw new ConfigError(`${name} answers ${status}. Check url and what it needs`);
  if (bytes === undefined) throw new ConfigError(`${name} answers with more than max.bytes (${maxBytes})`);
  try {
    return { body: readJson(bytes), etag };
  } catch (cause) {
    throw new SourceUnavailable(`${name} answers with what is not JSON: ${messageOf(cause)}`, { cause });
  }
}

/** `undefined` where it is longer than it may be. */
async function bodyOf(response: Response, maxBytes: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const body: AsyncIterable<Uint8Array> | null = response.body;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    // Leaving the loop ends the answer.
    if (bytes > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Milliseconds of a `retry-after`: seconds or a date; at most an hour. */
export function retryAfter(text: string | null, now: number = Date.now()): number | undefined {
  if (text === null) return undefined;
  const ms = /^\d+$/.test(text.trim()) ? Number(text) * 1_000 : Date.parse(text) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), longestWaitMs);
}
