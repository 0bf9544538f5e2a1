import { expect, it } from 'vitest';
import { startPubSub } from '../../src/index.ts';
import { listening, loopback } from '../support/listening.ts';

it('listens on loopback alone', { timeout: 60_000 }, async () => {
  const before = new Set(await listening());
  await using emulator = await startPubSub({ mode: 'native' });
  expect(emulator.mode).toBe('native');
  const opened = (await listening()).filter((address) => !before.has(address));

  expect(opened.length).toBeGreaterThanOrEqual(1);
  expect(opened.filter((address) => !loopback.test(address))).toEqual([]);
});
