import { defineTopic, type StreamEvent } from '@isostream/core';
import { atLeast } from '../checks/check.ts';
import type { Scenario } from '../run/scenario.ts';
import { fails } from './refusals.ts';

/** Takes any data, also none. */
const anything = {
  '~standard': { version: 1, vendor: 'conformance', validate: (value: unknown) => ({ value }) },
} as const;

export const attributesRoundTrip: Scenario = {
  id: 'fidelity/attributes',
  title:
    'extensions, the schema of data, null as data, and that there is none come back as they were, also after a dead letter',
  async run(stage) {
    const topic = defineTopic(stage.name(), {
      events: { any: anything },
      key: () => 'k',
      partitions: 1,
      tombstones: true,
    });
    const { streams } = await stage.client([topic]);
    const producer = streams.producer(topic);
    const sent = [
      {
        id: 'all',
        data: { a: 1 },
        dataSchema: 'https://example.com/a.json',
        extensions: { traceparent: '00-1', a1: '☺' },
      },
      { id: 'types', data: [], extensions: { sampled: true, rate: -5, empty: '' } },
      { id: 'no data' },
      { id: 'no data with extensions', extensions: { tenant: 'blue' } },
      { id: 'text', data: 'text' },
      { id: 'null', data: null },
    ] as const;
    for (const event of sent) await producer.send({ type: 'any', ...event });
    const refused = [{ 'Trace-Id': 'x' }, { id: 'x' }, { a: 1.5 }, { a: 'x'.repeat(1_025) }].map((extensions) =>
      fails('invalid-event', () => producer.send({ type: 'any', data: 1, extensions })),
    );

    const received = new Map<string, string[]>();
    let isBroken = true;
    const consumer = streams.consumer(topic, { group: 'g', retry: { attempts: 1 } });
    const running = consumer.run((event) => {
      received.set(event.id, [...(received.get(event.id) ?? []), describe(event)]);
      if (isBroken) throw new Error('not this time');
    });
    await stage.until('each came once', () => received.size === sent.length);
    isBroken = false;
    let redriven = 0;
    const times = stage.capabilities.replay ? 2 : 1;
    if (stage.capabilities.replay) {
      await stage.until('each was sent back', async () => {
        redriven += (await streams.redrive(topic, { group: 'g' })).redriven;
        return redriven >= sent.length;
      });
      await stage.until('each came again', () => [...received.values()].every((seen) => seen.length >= 2));
    }
    await consumer.close();
    await running;
    return {
      'round trip': sent.flatMap((event) => {
        const expected = describe({ extensions: {}, data: undefined, ...event });
        const wrong = (received.get(event.id) ?? []).filter((seen) => seen !== expected);
        return wrong.map((seen) => `${event.id}: sent ${expected}, received ${seen}`);
      }),
      'refused alike': (await Promise.all(refused)).flat(),
      'enough traffic': atLeast('deliveries', [...received.values()].flat().length, sent.length * times),
    };
  },
};

type Described = Pick<StreamEvent, 'data' | 'dataSchema'> & { readonly extensions: Readonly<Record<string, unknown>> };

function describe({ data, dataSchema, extensions }: Described): string {
  const named = Object.entries(extensions).map(([name, value]) => `${name}=${String(value)}`);
  return `${JSON.stringify(data) ?? 'no data'} ${dataSchema ?? ''} ${named.toSorted().join(' ')}`;
}
