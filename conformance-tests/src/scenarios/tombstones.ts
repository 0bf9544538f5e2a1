import { type DeadLetter, defineTopic } from '@isostream/core';
import { atLeast } from '../checks/check.ts';
import type { Scenario } from '../run/scenario.ts';
import { fails } from './refusals.ts';

interface Kept {
  readonly id: string;
}

/** Takes objects with an id, and nothing else. */
const kept = {
  '~standard': {
    version: 1,
    vendor: 'conformance',
    types: undefined as { readonly input: Kept; readonly output: Kept } | undefined,
    validate: (value: unknown) =>
      typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string'
        ? { value: { id: value.id } }
        : { issues: [{ message: 'expected an id' }] },
  },
} as const;

export const tombstones: Scenario = {
  id: 'fidelity/tombstones',
  title:
    'tombstones have a type, a key and a handler of their own, whoever wrote them; undeclared ones are dead-lettered',
  async run(stage) {
    const name = stage.name();
    const wrongKeys: string[] = [];
    const key = (event: { readonly data?: Partial<Kept> | null }): string => {
      const { id } = event.data ?? {};
      if (id === undefined) wrongKeys.push(`the key function was given ${JSON.stringify(event)}`);
      return String(id);
    };
    const { compaction } = stage.capabilities;
    const storage = { events: { kept }, key, partitions: 1, ...(compaction ? { compaction } : {}) };
    const topic = defineTopic(name, { ...storage, tombstones: true });
    const undeclared = defineTopic(name, storage);
    const { streams } = await stage.client([topic]);
    const producer = streams.producer(topic);

    const more = { headers: { why: 'closed' }, extensions: { tenant: 'blue' } };
    const ofOthers = streams.producer(defineTopic(name, { raw: true })).send({ key: 'b', value: null });
    await Promise.all([
      producer.send({ type: 'kept', data: { id: 'a' } }),
      producer.send({ type: 'tombstone', key: 'a', ...more }),
      producer.send({ type: 'kept', data: { id: 'a' } }),
      ofOthers,
    ]);
    await producer.send({ type: 'kept', data: { id: 'b' } });
    const expected = { a: ['kept a', 'tombstone a why=closed tenant=blue', 'kept a'], b: ['tombstone b', 'kept b'] };

    const received: Record<string, string[]> = {};
    const told = (event: Told): void => void (received[String(event.key)] ??= []).push(describe(event));
    const consumer = streams.consumer(topic, { group: 'declared' });
    const running = consumer.run((event) => told(event));
    const older: string[] = [];
    const member = streams.consumer(undeclared, { group: 'undeclared' });
    const olderRuns = member.run(({ type }) => void older.push(type));
    await stage.until('all came', () => Object.values(received).flat().length >= 5);
    // Each tombstone lies before an event of its key: it is settled by then.
    await stage.until('all that is declared came', () => older.length >= 3);
    const letters: DeadLetter[] = [];
    if (stage.capabilities.replay)
      for await (const letter of streams.deadLetters(undeclared, { group: 'undeclared' })) letters.push(letter);
    await Promise.all([consumer.close(), member.close()]);
    await Promise.all([running, olderRuns]);

    return {
      'each is handled by its type, in order': differences(expected, received),
      'undeclared ones are dead-lettered': stage.capabilities.replay
        ? differences(
            { keys: ['a', 'b'], types: ['tombstone'], codes: ['undecodable 1'] },
            {
              keys: letters.map((letter) => String(letter.key)).toSorted(),
              types: [...new Set(letters.map(({ eventType }) => String(eventType)))],
              codes: [...new Set(letters.map(({ error, attempts }) => `${error.code} ${attempts}`))],
            },
          )
        : [],
      'no handler gets one that is undeclared': older.filter((type) => type !== 'kept'),
      'the key function sees only data': wrongKeys,
      'refused alike': [
        // @ts-expect-error a tombstone has a key
        ...(await fails('invalid-key', () => producer.send({ type: 'tombstone' }))),
        // @ts-expect-error null is data like any other
        ...(await fails('schema-violation', () => producer.send({ type: 'kept', data: null }))),
        // @ts-expect-error it is not declared
        ...(await fails('invalid-event', () => streams.producer(undeclared).send({ type: 'tombstone', key: 'a' }))),
      ],
      'enough traffic': atLeast('deliveries', Object.values(received).flat().length, 5),
    };
  },
};

interface Told {
  readonly type: string;
  readonly key: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly extensions: Readonly<Record<string, string>>;
}

function describe({ type, key, headers, extensions }: Told): string {
  return [type, key, ...Object.entries({ ...headers, ...extensions }).map((pair) => pair.join('='))].join(' ');
}

function differences(
  expected: Readonly<Record<string, readonly string[]>>,
  actual: Readonly<Record<string, readonly string[]>>,
): readonly string[] {
  const names = [...new Set([...Object.keys(expected), ...Object.keys(actual)])];
  return names.flatMap((name) => {
    const [due, got] = [expected[name], actual[name]].map((list) => JSON.stringify(list));
    return due === got ? [] : [`${name}: ${got} where ${due} was due`];
  });
}
