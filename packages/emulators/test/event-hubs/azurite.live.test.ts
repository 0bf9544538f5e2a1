import { expect, it } from 'vitest';
import { startAzurite } from '../../src/index.ts';

it('starts, freezes, ends and starts again on its port', async () => {
  await using azurite = await startAzurite({ mode: 'native' });
  const { server } = azurite;
  const url = `http://127.0.0.1:${server?.port}/devstoreaccount1?comp=list`;

  expect((await fetch(url)).headers.get('server')).toMatch(/Azurite-Blob/);
  server?.pause();
  await expect(fetch(url, { signal: AbortSignal.timeout(300) })).rejects.toThrow('timeout');
  server?.resume();
  expect((await fetch(url)).headers.get('server')).toMatch(/Azurite-Blob/);
  await server?.kill();
  await expect(fetch(url)).rejects.toThrow('fetch failed');
  await server?.start();
  expect((await fetch(url)).headers.get('server')).toMatch(/Azurite-Blob/);
});
