import { createStreams } from '@isostream/core';
import { createMemory } from '@isostream/memory';
import { expect, it } from 'vitest';
import { playEveryCodec } from './support/every-codec.ts';

it.each([
  ['positions', {}],
  ['single events', { settlement: 'individual' }],
  ['no headers', { headers: 'none' }],
] as const)('one service works in every codec and format on memory with %s', async (_, options) => {
  const connect = (topics: Parameters<typeof createStreams>[0]['topics']) =>
    createStreams({ adapter: createMemory(options), topics });
  expect(await playEveryCodec(connect)).toBe(26);
});
