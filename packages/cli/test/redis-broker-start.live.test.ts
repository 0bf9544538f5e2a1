import { expect, it } from 'vitest';
import { startTwoAtOnce } from './support/broker-start.ts';

it(
  'Redis is started twice at once by the command, refuses a port that is in use, and says when it died',
  { timeout: 240_000 },
  async () => {
    await expect(startTwoAtOnce('redis', 6_379, (url) => Number(new URL(url).port))).resolves.toBeUndefined();
  },
);
