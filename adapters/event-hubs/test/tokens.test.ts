import type { TokenCredential } from '@azure/core-auth';
import { describe, expect, it } from 'vitest';
import { tokensOf } from '../src/client/tokens.ts';

const later = Date.now() + 3_600_000;

function ask(getToken: () => unknown): Promise<unknown> {
  const credential = { getToken } as unknown as TokenCredential;
  return tokensOf({ namespace: 'n.servicebus.windows.net', credential }, 20)('audience');
}

describe('a credential of the application', () => {
  it('is asked for each claim', async () => {
    expect(await ask(async () => ({ token: 'abc', expiresOnTimestamp: later }))).toMatchObject({ text: 'abc' });
  });

  it.each<[does: string, getToken: () => unknown, code: string, says: RegExp]>([
    ['never answers', () => new Promise(() => undefined), 'timeout', /credential.*within 20 ms/],
    ['gives null', async () => null, 'unauthenticated', /no token/],
    ['gives nothing', async () => undefined, 'unauthenticated', /no token/],
    [
      'gives no text',
      async () => ({ token: { secret: 'hunter2' }, expiresOnTimestamp: later }),
      'unauthenticated',
      /no token/,
    ],
    ['gives no time', async () => ({ token: 'hunter2' }), 'unauthenticated', /no token/],
    ['fails', () => Promise.reject(new Error('down')), 'unavailable', /down/],
    [
      'throws at once',
      () => {
        throw new Error('at once');
      },
      'unavailable',
      /at once/,
    ],
  ])('that %s is named', async (_, getToken, code, says) => {
    const error: unknown = await ask(getToken).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, message: expect.stringMatching(says) });
    expect(String(error)).not.toContain('hunter2');
  });
});
