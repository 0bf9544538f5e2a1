import { expect, it } from 'vitest';
import { playOnBroker } from '../support/on-broker.ts';

it('one service works in every codec and format', async () => {
  expect(await playOnBroker('event-hubs')).toBe(26);
});
