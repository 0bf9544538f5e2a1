import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GlueServer, startBroker, startGlue } from '../../src/index.ts';
import { listening, loopback } from '../support/listening.ts';

const before = new Set<string>();
let glue: GlueServer;

beforeAll(async () => {
  for (const address of await listening()) before.add(address);
  glue = await startGlue();
}, 300_000);
afterAll(() => glue.stop());

describe('the AWS Glue emulator', () => {
  it('listens on loopback alone, and is not there while it is stopped', async () => {
    const opened = (await listening()).filter((address) => !before.has(address));
    expect(opened.length).toBeGreaterThanOrEqual(1);
    expect(opened.filter((address) => !loopback.test(address))).toEqual([]);
    await glue.server.stop();
    await expect(fetch(glue.url)).rejects.toThrow('fetch failed');
    await glue.server.start();
    expect((await fetch(glue.url)).status).toBeLessThan(500);
  });

  it('says which mode it does not have, and what to do', async () => {
    await expect(startBroker('glue', { mode: 'docker' })).rejects.toThrow('Leave mode out, and install Python 3');
  });
});
