import { bounded, messageOf, StreamError } from '@isostream/core/adapter';
import { createSasTokenProvider, TokenType } from '@azure/core-amqp';
import { isTokenCredential } from '@azure/core-auth';
import { parseEventHubConnectionString } from '@azure/event-hubs';
import type { Identity } from '../settings.ts';

const scope = 'https://eventhubs.azure.net//.default';
/** Signatures of the AMQP layer are good for an hour. */
const signedForMs = 45 * 60_000;
const earlyMs = 2 * 60_000;

export interface ClaimToken {
  readonly text: string;
  readonly type: TokenType;
  /** When the next one is due. */
  readonly renewInMs: number;
}

/** Tokens for what a link wants to reach. */
export type Tokens = (audience: string) => Promise<ClaimToken>;

/** Rejects with `unavailable`: whoever issues the tokens may be back soon; a token that the service refuses it refuses itself. */
export function tokensOf(identity: Identity, timeoutMs: number): Tokens {
  const credential = 'credential' in identity ? identity.credential : partsOf(identity);
  if (isTokenCredential(credential)) {
    return async () => {
      const asked = bounded('credential', () => credential.getToken(scope), timeoutMs);
      const token = await asked.catch((cause: unknown) => {
        throw noToken(messageOf(cause), cause);
      });
      if (!isToken(token)) throw noToken('the returned value is not a token', wrongToken);
      const renewInMs = Math.max(1_000, token.expiresOnTimestamp - Date.now() - earlyMs);
      return { text: token.token, type: TokenType.CbsTokenTypeJwt, renewInMs };
    };
  }
  const signer = createSasTokenProvider(credential);
  return async (audience) => {
    const { token } = await signer.getToken(audience);
    return { text: token, type: TokenType.CbsTokenTypeSas, renewInMs: signedForMs };
  };
}

function partsOf({
  connectionString,
}: {
  readonly connectionString: string;
}): { sharedAccessKeyName: string; sharedAccessKey: string } | { sharedAccessSignature: string } {
  const { sharedAccessKey, sharedAccessKeyName, sharedAccessSignature } =
    parseEventHubConnectionString(connectionString);
  if (sharedAccessSignature !== undefined) return { sharedAccessSignature };
  return { sharedAccessKeyName: sharedAccessKeyName ?? '', sharedAccessKey: sharedAccessKey ?? '' };
}

/** Asking again would bring the same. */
const wrongToken = new StreamError('unauthenticated', 'a token has a text and a time', { where: 'event-hubs' });

/** Whatever a credential gives: an application can write one by itself. */
function isToken(value: unknown): value is { readonly token: string; readonly expiresOnTimestamp: number } {
  if (typeof value !== 'object' || value === null) return false;
  if (!('token' in value && 'expiresOnTimestamp' in value)) return false;
  return typeof value.token === 'string' && value.token !== '' && Number.isFinite(value.expiresOnTimestamp);
}

function noToken(why: string, cause: unknown): StreamError {
  const message = `the credential has no token for Event Hubs: ${why}. Check it, and the service that it asks`;
  return new StreamError(StreamError.is(cause) ? cause.code : 'unavailable', message, {
    where: 'event-hubs',
    cause,
    outcome: 'not-written',
  });
}
