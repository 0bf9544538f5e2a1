import { type ConsumerOptions, createStreams, defineTopic, type DeadLetter } from '@isostream/core';
import { describe, expect, it } from 'vitest';
import { createMemory } from './support/open.ts';

const validate = (value: unknown): { value: unknown } => ({ value });
const schema = { '~standard': { version: 1, vendor: 'test', validate } } as const;
const storage = { key: () => 'k', partitions: 1 };
const newer = defineTopic('orders', { events: { placed: schema, paid: schema }, ...storage });
const older = defineTopic('orders', { events: { placed: schema }, ...storage });

describe.each(['bytes', 'none'] as const)(
  'an event of a type that this version does not know (headers: %s)',
  (headers) => {
    it.each<[options: Pick<ConsumerOptions, 'onFailure' | 'onUnknownType'>, expected: string[]]>([
      [{}, ['e2']],
      [{ onUnknownType: 'dead-letter', onFailure: 'skip' }, ['e2']],
      [{ onUnknownType: 'skip' }, []],
      [{ onFailure: 'skip' }, []],
    ])('under %o has these letters: %j', async (options, expected) => {
      const adapter = createMemory({ headers });
      await using streams = await createStreams({ adapter, topics: [newer] });
      const producer = streams.producer(newer);
      for (const [id, type] of [
        ['e1', 'placed'],
        ['e2', 'paid'],
        ['e3', 'placed'],
      ] as const)
        await producer.send({ type, id, data: 1 });
      const seen: string[] = [];
      const consumer = streams.consumer(older, { group: 'g', ...options });
      const running = consumer.run(({ id }) => void seen.push(id));
      await expect.poll(() => seen).toEqual(['e1', 'e3']);
      await consumer.close();
      await running;

      const letters: DeadLetter[] = [];
      if (expected.length > 0)
        for await (const letter of streams.deadLetters(older, { group: 'g' })) letters.push(letter);
      expect(letters.map(({ eventId }) => eventId)).toEqual(expected);
      for (const letter of letters) {
        expect(letter).toMatchObject({
          eventType: 'paid',
          event: undefined,
          attempts: 1,
          error: { code: 'undecodable' },
        });
        expect(letter.error.message).toContain('event "e2": type "paid" is not declared');
      }
    });

    it('stops the consumer where that was asked for, and is there for the next version', async () => {
      await using streams = await createStreams({ adapter: createMemory({ headers }), topics: [newer] });
      await streams.producer(newer).send({ type: 'paid', id: 'e1', data: 1 });
      const stopped = streams.consumer(older, { group: 'g', onUnknownType: 'stop' });
      await expect(stopped.run(() => undefined)).rejects.toMatchObject({
        code: 'undecodable',
        message: expect.stringContaining('"e1"'),
      });
      const seen: string[] = [];
      const next = streams.consumer(newer, { group: 'g' });
      const running = next.run(({ id }) => void seen.push(id));
      await expect.poll(() => seen).toEqual(['e1']);
      await next.close();
      await running;
    });

    it('is refused a policy that there is none of', async () => {
      await using streams = await createStreams({ adapter: createMemory({ headers }), topics: [newer] });
      // @ts-expect-error what a program without types may hand over
      expect(() => streams.consumer(older, { group: 'g', onUnknownType: 'ignore' })).toThrow(
        expect.objectContaining({ code: 'invalid-config' }),
      );
    });
  },
);
