import { defineTopic, type Schema, type StreamEvent, type Streams, versions } from '@isostream/core';
import { atLeast } from '../checks/check.ts';
import type { Scenario } from '../run/scenario.ts';

interface First {
  readonly key: string;
  readonly seq: number;
  readonly cents: number;
}
interface Second {
  readonly key: string;
  readonly seq: number;
  readonly amount: { readonly cents: number };
}
interface Third extends Second {
  readonly currency: string;
}

const any = <Data>(): Schema<Data> => ({
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the events of this scenario are is seen by their checks
  '~standard': { version: 1, vendor: 'isostream', validate: (value) => ({ value: value as Data }) },
});
const uri = (version: number): string => `https://isostream.example/schemas/placed/${version}`;

const first = {
  dataSchema: uri(1),
  schema: any<First>(),
  upcast: ({ key, seq, cents }: First) => ({ key, seq, amount: { cents } }),
};
const second = {
  dataSchema: uri(2),
  schema: any<Second>(),
  upcast: async (data: Second) => ({ ...data, currency: 'EUR' }),
};
const services = {
  unversioned: any<First>(),
  older: versions({ dataSchema: second.dataSchema, schema: second.schema, older: [first] }),
  newer: versions({ dataSchema: uri(3), schema: any<Third>(), older: [second, first] }),
};

/** Of each writer. */
const rounds = 12;

export const versionsOfAnEvent: Scenario = {
  id: 'fidelity/versions-of-an-event',
  title: 'during a rolling deploy, in either order, each release gets every event as its newest version, in order',
  async run(stage) {
    const name = stage.name();
    const topicOf = <Data extends { readonly key: string }>(schema: Schema<Data>) =>
      defineTopic(name, { events: { placed: schema }, key: ({ data }) => data?.key ?? 'none', partitions: 2 });
    const [unversioned, older, newer] = [
      topicOf(services.unversioned),
      topicOf(services.older),
      topicOf(services.newer),
    ];
    const { streams } = await stage.client([newer]);
    const readers = [read(streams, older, 'older'), read(streams, newer, 'newer')] as const;
    // Some emulators lose for a group what is written in the moment in which it is made.
    for (const { ready } of readers) await ready;
    const [asOlder, asNewer]: [string[], string[]] = [[], []];
    for (let seq = 0; seq < rounds * 3; seq += 3) {
      const key = `k${(seq / 3) % 4}`;
      const one = { key, seq, cents: seq };
      const two = { key, seq: seq + 1, amount: { cents: seq } };
      const three = { ...two, seq: seq + 2, currency: 'USD' };
      await streams.producer(unversioned).send({ type: 'placed', data: one });
      await streams.producer(older).send({ type: 'placed', data: two });
      await streams.producer(newer).send({ type: 'placed', data: three });
      const upcast = { key, seq, amount: { cents: seq } };
      asOlder.push(told(undefined, upcast), told(uri(2), two), told(uri(3), three));
      asNewer.push(
        told(undefined, { ...upcast, currency: 'EUR' }),
        told(uri(2), { ...two, currency: 'EUR' }),
        told(uri(3), three),
      );
    }
    await stage.until('both releases have every event', () => readers.every(({ lines }) => lines.length >= rounds * 3));
    for (const { close } of readers) await close();
    return {
      'the older release gets its newest version': differing(asOlder, readers[0].lines),
      'the newer release gets its newest version': differing(asNewer, readers[1].lines),
      'enough traffic': atLeast('events read', readers[0].lines.length + readers[1].lines.length, rounds * 6),
    };
  },
};

function read(streams: Streams, topic: Parameters<Streams['consumer']>[0], group: string) {
  const lines: string[] = [];
  const consumer = streams.consumer(topic, { group });
  const running = consumer.run((event) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- both topics of this scenario have types
    const { dataSchema, data } = event as StreamEvent;
    lines.push(told(dataSchema, data));
  });
  const close = async (): Promise<void> => {
    await consumer.close();
    await running;
  };
  return { lines, ready: consumer.ready, close };
}

function told(dataSchema: string | undefined, data: unknown): string {
  const fields =
    typeof data === 'object' && data !== null
      ? Object.entries(data).toSorted(([one], [other]) => (one < other ? -1 : 1))
      : [];
  return JSON.stringify([dataSchema ?? 'no version', fields]);
}

/** By key, in order. */
function differing(expected: readonly string[], found: readonly string[]): readonly string[] {
  return ['k0', 'k1', 'k2', 'k3'].flatMap((key) => {
    const [wanted, given] = [expected, found].map((lines) => lines.filter((line) => line.includes(`"${key}"`)));
    return (wanted ?? []).flatMap((line, index) =>
      given?.[index] === line ? [] : [`${key}: expected ${line}, got ${given?.[index]}`],
    );
  });
}
