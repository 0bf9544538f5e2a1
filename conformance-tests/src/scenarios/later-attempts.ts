import { defineTopic, type Header, type RawEvent, type Streams } from '@isostream/core';
import { deadLetterName } from '@isostream/core/adapter';
import { atLeast } from '../checks/check.ts';
import type { Scenario } from '../run/scenario.ts';

export const laterAttempts: Scenario = {
  id: 'retry/each-attempt-gets-the-same-event',
  title: 'a later attempt, and the dead letter, get what the first attempt got, whatever the handler did to that',
  async run(stage) {
    const topic = defineTopic(stage.name(), { raw: true, partitions: 1 });
    const { streams } = await stage.client([topic]);
    const producer = streams.producer(topic);
    const headers: readonly Header[] = [
      ['plain', 'text'],
      ...(stage.capabilities.headers === 'text' ? [] : [['bytes', Buffer.from([1, 2, 3])] as const]),
    ];
    const values = [Buffer.from('text'), Buffer.from([0, 1, 2, 255]), Buffer.alloc(0), null];
    for (const [index, value] of values.entries()) await producer.send({ key: `k${index}`, value, headers });

    const attempts = new Map<string, string[]>();
    const group = 'g';
    const consumer = streams.consumer(topic, { group, retry: { attempts: 3, backoff: { initial: 1 } } });
    const running = consumer.run((event, { position }) => {
      attempts.set(position, [...(attempts.get(position) ?? []), describe(event)]);
      spoil(event);
      throw new Error('not this time');
    });
    const complete = (): boolean =>
      attempts.size === values.length && [...attempts.values()].every((seen) => seen.length >= 3);
    await stage.until('three attempts of each were made', complete);
    const letters = stage.capabilities.replay ? await lettersOf(stage, streams, topic.name, group, values.length) : [];
    await consumer.close();
    await running;
    const first = new Set([...attempts.values()].map(([attempt]) => attempt?.replace(/ at .*$/, '')));
    return {
      'attempts are alike': [...attempts.values()].flatMap((seen) =>
        new Set(seen).size === 1 ? [] : [`attempts got ${[...new Set(seen)].join(', then ')}`],
      ),
      'letters hold what was stored': letters.filter((letter) => !first.has(letter)),
      'enough traffic': [
        ...atLeast('events', attempts.size, values.length),
        ...atLeast('letters', letters.length, stage.capabilities.replay ? values.length : 0),
      ],
    };
  },
};

async function lettersOf(
  stage: Parameters<Scenario['run']>[0],
  streams: Streams,
  topic: string,
  group: string,
  count: number,
): Promise<string[]> {
  const letters = defineTopic(deadLetterName(topic, group), { raw: true });
  let found: string[] = [];
  await stage.until('each has its letter', async () => {
    found = [];
    await streams.replay(letters, { from: 'earliest' }).run((letter) => {
      const own = letter.headers.filter(([name]) => !name.startsWith('isostream-'));
      found.push(describe({ ...letter, headers: own }).replace(/ at .*$/, ''));
    });
    return found.length >= count;
  });
  return found;
}

/** Everything that a handler can change. */
function spoil(event: RawEvent): void {
  event.value?.fill(0xee);
  for (const [, value] of event.headers) if (typeof value !== 'string') value.fill(0xee);
  event.time.setTime(0);
  Object.assign(event, { key: 'spoiled', value: null });
  if (Array.isArray(event.headers)) event.headers.splice(0);
}

function describe({ key, value, headers, time }: RawEvent): string {
  const named = headers.map(([name, header]) => `${name}=${Buffer.from(header).toString('hex')}`).toSorted();
  const bytes = value === null ? 'null' : Buffer.from(value).toString('hex');
  return `${String(key)}: "${bytes}" with ${named.join(' ')} at ${time.getTime()}`;
}
