import { describe, expect, it } from 'vitest';
import { startPubSub } from '../src/index.ts';
import { listening } from './support/open-ports.ts';

describe('the Pub/Sub emulator', () => {
  it('listens on this machine only', { timeout: 120_000 }, async () => {
    await using started = await startPubSub({ mode: 'native' });
    expect(listening(started.logFolder)).toEqual({ ports: expect.any(Number), open: [] });
    expect(listening(started.logFolder).ports).toBeGreaterThanOrEqual(1);
  });
});
