import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { defineTopic, type TopicInput, type TopicOutput } from '../src/model/define-topic.ts';
import type { RawEvent } from '../src/model/event.ts';
import { anything, schemaOf } from './support/schema.ts';

const events = { 'order.placed': anything };

describe('defineTopic', () => {
  it('is a frozen value that holds what was declared', () => {
    const topic = defineTopic('orders', { events, key: null, partitions: 12, retention: '7d', compaction: false });
    expect(topic).toEqual({ name: 'orders', events, key: null, partitions: 12, retention: '7d', compaction: false });
    expect(Object.isFrozen(topic)).toBe(true);
  });

  it('has no schemas and no key function on a raw topic', () => {
    expect(defineTopic('legacy', { raw: true, partitions: 3 })).toEqual({
      name: 'legacy',
      events: undefined,
      key: null,
      partitions: 3,
    });
  });

  it('takes names that every provider takes, and no other', () => {
    const portable = /^(?!goog)[A-Za-z][A-Za-z0-9._-]{2,99}$/;
    const name = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom(...Array.from('abzAZ019._- /ü')), minLength: 1, maxLength: 12 }),
      fc.integer({ min: 98, max: 103 }).map((length) => 'n'.repeat(length)),
      fc.constantFrom('goog', 'google-things', 'Goog', 'abc\n', 'orders.billing.dlq', 'a..', '...'),
    );
    fc.assert(
      fc.property(name, (given) => {
        const define = (): unknown => defineTopic(given, { events, key: null });
        if (portable.test(given) && !given.includes('\n')) expect(define()).toMatchObject({ name: given });
        else expect(define).toThrow(expect.objectContaining({ code: 'invalid-config' }));
      }),
      { numRuns: 500 },
    );
  });

  it.each(['__debezium-heartbeat.inventory', '0', 'a', 'a+b~c%20', '_'.repeat(249)])(
    'takes the name %s on a raw topic alone, as others may have made it',
    (name) => {
      expect(defineTopic(name, { raw: true })).toMatchObject({ name });
      expect(() => defineTopic(name, { events, key: null })).toThrow('not a portable name');
    },
  );

  it.each(['', '.', '..', 'a/b', 'a b', 'ü', 'a\n', 'n'.repeat(257)])('takes %j on no topic', (name) => {
    expect(() => defineTopic(name, { raw: true })).toThrow('not a portable name');
  });

  it('wants a key, or the written word that there is none', () => {
    // @ts-expect-error key is missing
    expect(() => defineTopic('orders', { events })).toThrow('key: null');
    expect(() => defineTopic('orders', { events: {}, key: null })).toThrow('declares no events');
  });

  it('types what is sent by what schemas take, and what is handled by what they give', () => {
    const placed = schemaOf<{ total: string }, { total: number }>(() => ({ value: { total: 1 } }));
    const topic = defineTopic('orders', {
      events: { 'order.placed': placed, 'order.shipped': schemaOf<string>(() => ({ value: '' })) },
      key: (event) => {
        expectTypeOf(event.type).toEqualTypeOf<'order.placed' | 'order.shipped'>();
        return 'k';
      },
    });
    type Sent = Extract<TopicInput<typeof topic>, { type: 'order.placed' }>;
    type Handled = Extract<TopicOutput<typeof topic>, { type: 'order.placed' }>;

    expectTypeOf<Sent['data']>().toEqualTypeOf<{ total: string }>();
    expectTypeOf<Handled['data']>().toEqualTypeOf<{ total: number }>();
    expectTypeOf<TopicOutput<typeof topic>['type']>().toEqualTypeOf<'order.placed' | 'order.shipped'>();
    const raw = defineTopic('legacy', { raw: true });
    expectTypeOf<TopicOutput<typeof raw>>().toEqualTypeOf<RawEvent>();
  });
});
