import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RedisServer, startBroker, startRedis } from '../src/index.ts';
import { listening, loopback } from './support/listening.ts';

const before = new Set<string>();
let redis: RedisServer;

beforeAll(async () => {
  for (const address of await listening()) before.add(address);
  redis = await startRedis();
});
afterAll(() => redis.stop());

describe('Redis', () => {
  it('listens on loopback alone', async () => {
    const opened = (await listening()).filter((address) => !before.has(address));
    expect(opened.length).toBeGreaterThanOrEqual(1);
    expect(opened.filter((address) => !loopback.test(address))).toEqual([]);
  });

  it('says which mode it does not have, and what to do', async () => {
    await expect(startBroker('redis', { mode: 'docker' })).rejects.toThrow('Leave mode out, and install it');
  });
});
