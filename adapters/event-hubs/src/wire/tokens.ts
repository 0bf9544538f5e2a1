import { messageOf, StreamError } from '@isostream/core/adapter';
import { createSasTokenProvider, TokenType } from '@azure/core-amqp';
import { isTokenCredential } from '@azure/core-auth';
import { parseEventHubConnectionString } from '@azure/event-hubs';
import type { Identity } from '../options.ts';

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
export function tokensOf(identity: Identity): Tokens {
  const credential = 'credential' in identity ? identity.credential : partsOf(identity);
  if (isTokenCredential(credential)) {
    return async () => {
      const token = await credential.getToken(scope).catch((cause: unknown) => {
        throw noToken(messageOf(cause), cause);
      });
      if (token === null) throw noToken('it gave none', undefined);
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

function noToken(why: string, cause: unknown): StreamError {
  const message = `the credential has no token for Event Hubs: ${why}. Check it, and the service that it asks`;
  return new StreamError('unavailable', message, { where: 'event-hubs', cause, outcome: 'not-written' });
}
