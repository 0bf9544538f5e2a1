import { defineTopic } from '@isostream/core';
import { createMemory } from '@isostream/memory';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { connect } from '../src/connect.ts';

/** As a program in JavaScript calls it. */
function connectUntyped(options: unknown): Promise<unknown> {
  return Promise.resolve(Reflect.apply(connect, undefined, [options]));
}

describe('connect', () => {
  it.each([
    ['nothing', undefined],
    ['null', null],
    ['an address alone', 'kafka://localhost:9092'],
    ['no topics', {}],
    ['a topic that stands alone', { topics: defineTopic('orders', { raw: true }) }],
  ])('refuses %s, and says how topics are given', async (_, options) => {
    await expect(connectUntyped(options)).rejects.toMatchObject({
      code: 'invalid-config',
      message: expect.stringContaining('connect({ topics: [orders] })'),
    });
  });

  it('refuses anything else by name, whatever it is', async () => {
    const entry = fc.oneof(
      fc.anything(),
      fc.constantFrom(null, undefined, Number.NaN, [], {}, () => undefined),
    );
    const names = fc.constantFrom('topology', 'consent', 'source', 'clock', 'random', 'connectTimeout', 'toplogy');
    await fc.assert(
      fc.asyncProperty(names, entry, async (name, value) => {
        const outcome = await connectUntyped({ adapter: createMemory(), topics: [], [name]: value }).then(
          () => 'connected',
          (error: unknown) => error,
        );
        if (outcome !== 'connected') expect(outcome).toMatchObject({ code: 'invalid-config' });
      }),
      { numRuns: 300 },
    );
  });
});
