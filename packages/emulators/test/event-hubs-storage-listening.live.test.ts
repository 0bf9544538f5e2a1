import { describe, expect, it } from 'vitest';
import { startAzurite } from '../src/index.ts';
import { listening } from './support/open-ports.ts';

describe('the storage emulator', () => {
  it('listens on this machine only', { timeout: 120_000 }, async () => {
    await using started = await startAzurite({ mode: 'native' });
    expect(listening(started.logFolder)).toEqual({ ports: expect.any(Number), open: [] });
    expect(listening(started.logFolder).ports).toBeGreaterThanOrEqual(1);
  });
});
