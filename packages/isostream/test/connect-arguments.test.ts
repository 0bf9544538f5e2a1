import { createStreams, defineTopic } from '@isostream/core';
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

  it('gives a promise that says where an await is missing, and is a promise all the same', async () => {
    for (const [call, promised] of [
      ['connect', connect({ adapter: createMemory(), topics: [] })],
      ['createStreams', createStreams({ adapter: createMemory(), topics: [] })],
    ] as const) {
      const { [Symbol.toStringTag]: tag, ...shown } = promised;
      expect([tag, shown]).toEqual(['Promise', {}]);
      const streams = await promised;
      const untold = Object.keys(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(streams))).filter(
        (name) => name in streams && !(name in promised) && !['constructor', 'prepare'].includes(name),
      );
      expect(untold).toEqual([]);
      expect((): unknown => Reflect.get(promised, 'producer')).toThrow(
        `${call}: ${call}() returns a promise, which has no producer. Write: const streams = await ${call}(…)`,
      );
      expect((): unknown => Reflect.get(promised, Symbol.asyncDispose)).toThrow(`streams = await ${call}(…)`);
      await streams.close();
    }
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
