import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresServer, startBroker, startPostgres } from '../src/index.ts';
import { listening, loopback } from './support/listening.ts';

const before = new Set<string>();
let postgres: PostgresServer;

beforeAll(async () => {
  for (const address of await listening()) before.add(address);
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

describe('PostgreSQL', () => {
  it('listens on loopback alone', async () => {
    const opened = (await listening()).filter((address) => !before.has(address));
    expect(opened.length).toBeGreaterThanOrEqual(1);
    expect(opened.filter((address) => !loopback.test(address))).toEqual([]);
  });

  it('says which mode it does not have, and what to do', async () => {
    await expect(startBroker('postgres', { mode: 'docker' })).rejects.toThrow('Leave mode out, and install it');
  });
});
