import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenSearchServer, startBroker, startOpenSearch } from '../../src/index.ts';
import { listening, loopback } from '../support/listening.ts';

const before = new Set<string>();
let search: OpenSearchServer;

beforeAll(async () => {
  for (const address of await listening()) before.add(address);
  search = await startOpenSearch();
}, 300_000);
afterAll(() => search.stop());

const ask = async (path: string, body?: object): Promise<unknown> => {
  const init = body === undefined ? {} : { method: 'PUT', body: JSON.stringify(body) };
  const headers = { 'content-type': 'application/json' };
  const answer: unknown = await (await fetch(search.url + path, { ...init, headers })).json();
  return answer;
};

describe('OpenSearch', () => {
  it('listens on loopback alone', async () => {
    const opened = (await listening()).filter((address) => !before.has(address));
    expect(opened.length).toBeGreaterThanOrEqual(1);
    expect(opened.filter((address) => !loopback.test(address))).toEqual([]);
  });

  it('keeps its documents when it is killed and started again', async () => {
    await ask('/rides/_doc/1', { driver: 7 });
    await search.server.kill();
    await expect(ask('/rides/_doc/1')).rejects.toThrow('fetch failed');
    await search.server.start();
    expect(await ask('/rides/_doc/1')).toMatchObject({ found: true, _source: { driver: 7 } });
  });

  it('says which mode it does not have, and what to do', async () => {
    await expect(startBroker('opensearch', { mode: 'docker' })).rejects.toThrow('Leave mode out, and install Java');
  });
});
