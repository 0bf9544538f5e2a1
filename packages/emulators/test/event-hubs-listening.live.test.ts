import { describe, expect, it } from 'vitest';
import { startEventHubs } from '../src/index.ts';
import { listening } from './support/open-ports.ts';

describe('the Event Hubs emulator', () => {
  it('listens on this machine only', { timeout: 120_000 }, async () => {
    await using started = await startEventHubs({});
    expect(listening(started.logFolder)).toEqual({ ports: expect.any(Number), open: [] });
    expect(listening(started.logFolder).ports).toBeGreaterThanOrEqual(2);
  });
});
