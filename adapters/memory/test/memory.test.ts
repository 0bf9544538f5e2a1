import { createStreams, defineTopic, type Schema } from '@isostream/core';
import { describe, expect, it } from 'vitest';
import { createMemory, createVirtualClock } from './support/open.ts';

const numbered: Schema<{ n: number }, { n: number }> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) => (isNumbered(value) ? { value } : { issues: [{ message: 'expected a number' }] }),
  },
};

function isNumbered(value: unknown): value is { n: number } {
  return typeof value === 'object' && value !== null && 'n' in value && typeof value.n === 'number';
}

const rides = defineTopic('rides', {
  events: { moved: numbered },
  key: (event) => `k${event.data.n % 20}`,
  partitions: 4,
});

describe('the memory provider', () => {
  it('shares a topic between two members and repeats nothing when one leaves', async () => {
    const adapter = createMemory();
    await using streams = await createStreams({ adapter, topics: [rides] });
    const producer = streams.producer(rides);
    const seen: number[] = [];
    const by = new Map<string, number>();
    const start = (name: string) => {
      const consumer = streams.consumer(rides, { group: 'g', clientId: name });
      const running = consumer.run(async ({ data }) => {
        await new Promise((resolve) => setImmediate(resolve));
        seen.push(data.n);
        by.set(name, (by.get(name) ?? 0) + 1);
      });
      return { consumer, running };
    };
    const a = start('a');
    const b = start('b');
    const send = (from: number, to: number) =>
      Promise.all(
        Array.from({ length: to - from }, (_, index) => producer.send({ type: 'moved', data: { n: from + index } })),
      );
    await send(0, 500);
    await expect.poll(() => seen.length).toBe(500);
    const sending = send(500, 1_000);
    await b.consumer.close();
    await b.running;
    await sending;
    await expect.poll(() => seen.length).toBe(1_000);
    await expect
      .poll(async () => (await streams.admin.lag(rides, 'g')).reduce((sum, lag) => sum + (lag.events ?? Number.NaN), 0))
      .toBe(0);
    expect(new Set(seen).size).toBe(1_000);
    expect(by.get('a')).toBeGreaterThan(0);
    expect(by.get('b')).toBeGreaterThan(0);
    for (let key = 0; key < 20; key++) {
      const ofKey = seen.filter((n) => n % 20 === key);
      expect(ofKey).toEqual(ofKey.toSorted((x, y) => x - y));
    }
    expect(a.consumer.assignments).toHaveLength(4);
  });

  it('takes the partitions of a member whose session ran out, and refuses its late commit', async () => {
    const clock = createVirtualClock();
    const adapter = createMemory({ clock, sessionTimeout: '10s' });
    await using streams = await createStreams({ adapter, topics: [rides], clock });
    const producer = streams.producer(rides);
    const seen: string[] = [];
    let aborted: unknown;
    const consumer = (name: string) => {
      const created = streams.consumer(rides, { group: 'g', clientId: name, handlerTimeout: '5m' });
      void created.run(async (event, context) => {
        seen.push(`${name}:${event.data.n}`);
        if (name !== 'a') return;
        await new Promise<void>((resolve) => context.signal.addEventListener('abort', () => resolve(), { once: true }));
        aborted = context.signal.reason;
      });
      return created;
    };
    consumer('a');
    await clock.advance(10);
    const sent = producer.send({ type: 'moved', data: { n: 7 } });
    await clock.advance(10);
    await sent;
    await clock.advance(10);
    expect(seen).toEqual(['a:7']);
    const fault = adapter.control.stall('rides', 'g', 'a');
    expect(fault.hits).toBe(1);
    consumer('b');
    await clock.advance(9_000);
    expect(seen).toEqual(['a:7']);
    await clock.advance(2_000);
    expect(seen).toEqual(['a:7', 'b:7']);
    expect(aborted).toMatchObject({ code: 'lease-lost' });
    fault.undo();
    await clock.advance(1_000);
    const closing = streams.close();
    await clock.advance(60_000);
    await closing;
  });
});
