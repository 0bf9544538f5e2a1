import { expect, it } from 'vitest';
import { startTwoAtOnce } from './support/broker-start.ts';

it(
  'the Event Hubs emulator is started twice at once by the command, refuses a port that is in use, and says when it died',
  { timeout: 240_000 },
  async () => {
    await expect(startTwoAtOnce('event-hubs', 5_672, (url) => Number(new URL(url).port))).resolves.toBeUndefined();
  },
);
