import { createStreams, type Streams } from '@isostream/core';
import { startKafka, startPostgres } from '@isostream/emulators';
import { createMemory } from '@isostream/memory';
import { createMirror } from '@isostream/mirror';
import type { Bench, BenchRequest } from '../bench.ts';
import { type Contestant, runRounds } from '../rounds.ts';
import { row, type Row } from '../row.ts';
import { rawTopic } from '../topics.ts';
import { openOutbox } from './outbox.ts';

const topic = rawTopic('moved');
const concurrency = 1_000;

const benches: Readonly<Record<string, (request: BenchRequest) => Promise<Measured>>> = {
  mirror: benchMirror,
  outbox: benchOutbox,
  debezium: benchDebezium,
};

interface Measured {
  readonly broker: string;
  readonly row: Row;
}

export const movingBench: Bench = {
  measurements: Object.keys(benches),
  clients: ['pg'],
  notes: [
    'Mirror: events of 200 bytes with 10,000 keys, from one memory provider to another, against a handler that sends each event on and waits for it. The mirror also says where a copy came from.',
    'Outbox: a backlog in PostgreSQL, relayed to memory, against a loop that reads 1,000 rows in their order, sends them, waits, and deletes them: with no other relay, and no row that fails.',
    'Debezium: the same table and backlog, to Kafka, from the first event there to the last. Debezium reads the log of the database; isostream reads the rows, keeps the order of each key, and deletes what was sent.',
  ],
  async run(request) {
    const measured: Measured[] = [];
    for (const [name, measure] of Object.entries(benches))
      if (request.only === undefined || request.only === name) measured.push(await measure(request));
    return {
      broker: [...new Set(measured.map(({ broker }) => broker))].join(', '),
      rows: measured.map((each) => each.row),
    };
  },
};

async function benchMirror({ scale, rounds }: BenchRequest): Promise<Measured> {
  const count = 40_000 * scale;
  const events = Array.from({ length: count }, (_, n) => ({
    key: `key-${n % 10_000}`,
    value: Buffer.from(`${n} `.repeat(200).slice(0, 200)),
  }));
  const contestant =
    (name: string, copy: (from: Streams, to: Streams, signal: AbortSignal) => Promise<void>): Contestant =>
    async () => {
      await using from = await createStreams({ adapter: createMemory(), topics: [topic] });
      await using to = await createStreams({ adapter: createMemory(), topics: [topic] });
      await from.producer(topic).sendBatch(events);
      const stop = new AbortController();
      const begun = performance.now();
      const copying = copy(from, to, stop.signal);
      let copied = 0;
      await to.consumer(topic, { group: 'counter', ordering: 'none', concurrency }).run(
        () => {
          copied += 1;
          if (copied === count) stop.abort();
        },
        { signal: stop.signal },
      );
      const rate = (count * 1_000) / (performance.now() - begun);
      await copying;
      return { [name]: rate };
    };
  const samples = await runRounds(
    [
      contestant('loop', (from, to, signal) => {
        const producer = to.producer(topic);
        const consumer = from.consumer(topic, { group: 'loop', concurrency, maxInFlight: { events: 2 * concurrency } });
        return consumer.run((event) => producer.send(event), { signal });
      }),
      contestant('mirror', (from, to, signal) =>
        createMirror({ from, to, topic: topic.name, names: { from: 'old', to: 'new' }, concurrency }).run({ signal }),
      ),
    ],
    rounds,
  );
  return {
    broker: 'memory',
    row: row({
      measurement: 'mirror',
      unit: 'events/s',
      against: 'a consume–produce loop',
      reference: samples.of('loop'),
      isostream: samples.of('mirror'),
      goal: { atLeast: 0.8 },
    }),
  };
}

async function benchOutbox({ scale, rounds }: BenchRequest): Promise<Measured> {
  await using server = await startPostgres();
  const outbox = await openOutbox(server.url, 100_000 * scale);
  const samples = await runRounds([outbox.byLoop, outbox.byRelay], rounds);
  await outbox.end();
  return {
    broker: server.description,
    row: row({
      measurement: 'outbox, 100,000 rows of backlog',
      unit: 'events/s',
      against: 'a loop of select, send and delete',
      reference: samples.of('loop'),
      isostream: samples.of('relay'),
      goal: { atLeast: 0.8 },
    }),
  };
}

async function benchDebezium({ scale, rounds }: BenchRequest): Promise<Measured> {
  await using server = await startPostgres();
  await using kafka = await startKafka({ heapMb: 512 });
  const outbox = await openOutbox(server.url, 100_000 * scale);
  const { byDebezium, byRelay } = await outbox.toKafka(kafka);
  const samples = await runRounds([byDebezium, byRelay], rounds);
  await outbox.end();
  return {
    broker: `${server.description}, ${kafka.description}`,
    row: row({
      measurement: 'outbox to Kafka, 100,000 rows of backlog',
      unit: 'events/s',
      against: 'Debezium 3.6.1 in Kafka Connect, outbox event router',
      reference: samples.of('debezium'),
      isostream: samples.of('relay'),
      goal: { atLeast: 0.8 },
    }),
  };
}
