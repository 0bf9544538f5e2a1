import { type RedisServer, startRedis } from '@isostream/emulators';
import { createClient } from 'redis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { idempotent, type RedisCommand, redisEffects } from '../src/index.ts';
import { context } from './support/context.ts';

let server: RedisServer;
let client: ReturnType<typeof createClient>;

beforeAll(async () => {
  server = await startRedis();
  client = createClient({ url: server.url });
  await client.connect();
});
afterAll(async () => {
  client.destroy();
  await server.stop();
});

const command: RedisCommand = (...words) => client.sendCommand(words);
let done: string[];
beforeEach(async () => {
  done = [];
  await client.flushAll();
});

const handlerOf = (send: RedisCommand): ((id: string, token?: string) => Promise<unknown>) => {
  const handler = idempotent(redisEffects(send), ({ id }: { readonly id: string }) => {
    done.push(id);
    if (id === 'fails' && done.length === 1) throw new Error('not yet');
  });
  const ended = AbortSignal.abort();
  return async (id, token) => handler({ id }, context(token, ended));
};

describe('effects that Redis remembers', () => {
  it('happen once, also where the provider has no fencing tokens', async () => {
    const handle = handlerOf(command);
    for (const id of ['a', 'a', 'b', 'a']) await handle(id, '1');
    for (const id of ['c', 'c']) await handle(id);
    expect(done).toEqual(['a', 'b', 'c']);
  });

  it('happen again if they failed', async () => {
    const handle = handlerOf(command);
    await expect(handle('fails', '1')).rejects.toThrow('not yet');
    await handle('fails', '1');
    await handle('fails', '1');
    expect(done).toEqual(['fails', 'fails']);
  });

  it('are refused to a former owner', async () => {
    const handle = handlerOf(command);
    await handle('a', '10');
    await expect(handle('b', '9')).rejects.toMatchObject({ code: 'lease-lost' });
    await handle('b', '10');
    await handle('c', '11');
    expect(done).toEqual(['a', 'b', 'c']);
  });

  it('are forgotten after a time', async () => {
    await handlerOf(command)('a', '1');
    expect(await client.pTTL('isostream:{billing}:handled:orders:a')).toBeGreaterThan(6 * 86_400_000);
  });

  it('come again to a group whose owners were forgotten', async () => {
    const handle = handlerOf(command);
    await handle('a', '10');
    await redisEffects(command).forgetGroup('billing');
    await handle('b', '1');
    expect(done).toEqual(['a', 'b']);
  });

  it.each([
    ['nothing is noted', (words: readonly string[]) => words[0] === 'SET', 'OK', ['a', 'a']],
    ['nobody is fenced', (words: readonly string[]) => words[0] === 'EVAL', 'begin', ['a', 'a']],
  ])('would happen twice if %s', async (_name, isLeftOut, answer, expected) => {
    const handle = handlerOf((...words) => (isLeftOut(words) ? Promise.resolve(answer) : command(...words)));
    await handle('a', '2');
    await handle('a', '1').catch(() => handle('a', '2'));
    expect(done).toEqual(expected);
  });
});
