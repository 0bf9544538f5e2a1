import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SchemaRegistryServer, startBroker, startSchemaRegistry } from '../../src/index.ts';
import { listening, loopback } from '../support/listening.ts';

const before = new Set<string>();
let registry: SchemaRegistryServer;

beforeAll(async () => {
  for (const address of await listening()) before.add(address);
  registry = await startSchemaRegistry();
}, 300_000);
afterAll(() => registry.stop());

const ask = async (path: string, body?: object): Promise<unknown> => {
  const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' };
  const answer: unknown = await (await fetch(registry.url + path, { ...init, headers })).json();
  return answer;
};

describe('the schema registry', () => {
  it('listens on loopback alone', async () => {
    const opened = (await listening()).filter((address) => !before.has(address));
    expect(opened.length).toBeGreaterThanOrEqual(1);
    expect(opened.filter((address) => !loopback.test(address))).toEqual([]);
  });

  it('keeps its schemas over a restart', async () => {
    const registered = await ask('/subjects/orders-value/versions', { schema: '"string"' });
    await registry.server.stop();
    await expect(ask('/subjects')).rejects.toThrow('fetch failed');
    await registry.server.start();
    expect(await ask('/subjects')).toEqual(['orders-value']);
    expect(await ask('/subjects/orders-value/versions', { schema: '"string"' })).toEqual(registered);
  });

  it('says which mode it does not have, and what to do', async () => {
    await expect(startBroker('schema-registry', { mode: 'docker' })).rejects.toThrow(
      'Leave mode out, and install Java',
    );
  });
});
