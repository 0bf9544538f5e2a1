import { createStreams, type Streams } from '@isostream/core';
import type { KafkaCluster } from '@isostream/emulators';
import { createKafka } from '@isostream/kafka';
import { createMemory } from '@isostream/memory';
import { createOutbox, postgresOutbox } from '@isostream/outbox';
import pg from 'pg';
import { typedMessages, type TypedMessage } from '../load.ts';
import type { Contestant } from '../rounds.ts';
import { chunks } from '../sending.ts';
import { typedTopic } from '../topics.ts';
import { arrivalRate, beginLog, brokersOf, byDebezium } from './debezium.ts';

const topic = typedTopic('moved');
const atOnce = 1_000;
const perTransaction = 100;

interface OpenOutbox {
  readonly byLoop: Contestant;
  readonly byRelay: Contestant;
  /** Both to this broker. */
  readonly toKafka: (kafka: KafkaCluster) => Promise<{ readonly byDebezium: Contestant; readonly byRelay: Contestant }>;
  readonly end: () => Promise<void>;
}

/** A table with a backlog that is filled again for each round. */
export async function openOutbox(url: string, count: number): Promise<OpenOutbox> {
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  // Where a measurement fails, the server ends first.
  pool.on('error', () => undefined);
  const outbox = createOutbox({ store: postgresOutbox(pool), topics: [topic] });
  await outbox.ensure();
  const columns = 'id, topic, key, shard, event';
  for (const part of chunks(typedMessages(count), atOnce)) {
    const prepared = await outbox.prepare(topic, ...part);
    const client = await pool.connect();
    await client.query('begin');
    await outbox.write(client, prepared);
    await client.query('commit');
    client.release();
  }
  await pool.query(
    `create table backlog as select row_number() over (order by seq) as place, ${columns} from isostream_outbox`,
  );
  await pool.query('create unique index on backlog (place)');

  const fill = async (): Promise<void> => {
    await pool.query('truncate isostream_outbox');
    await beginLog(pool, 'isostream_outbox');
    // In as many transactions as services would have made of them.
    for (let from = 0; from < count; from += perTransaction)
      await pool.query(
        `insert into isostream_outbox (${columns}) select ${columns} from backlog where place > $1 and place <= $2 order by place`,
        [from, from + perTransaction],
      );
    await pool.query('vacuum analyze isostream_outbox');
  };

  const measured =
    (name: string, relay: (streams: Streams, signal: AbortSignal) => Promise<void>): Contestant =>
    async () => {
      await fill();
      await using streams = await createStreams({ adapter: createMemory(), topics: [topic] });
      const stop = new AbortController();
      const begun = performance.now();
      const relaying = relay(streams, stop.signal);
      let arrived = 0;
      await streams.consumer(topic, { group: 'counter', ordering: 'none', concurrency: 1_000 }).run(
        () => {
          arrived += 1;
          if (arrived === count) stop.abort();
        },
        { signal: stop.signal },
      );
      const rate = (count * 1_000) / (performance.now() - begun);
      await relaying;
      return { [name]: rate };
    };
  return {
    byLoop: measured('loop', (streams) => loop(pool, streams)),
    byRelay: measured('relay', (streams, signal) => outbox.relay(streams, { pageSize: atOnce }).run({ signal })),
    async toKafka(kafka) {
      await using streams = await createStreams({
        adapter: createKafka({ brokers: brokersOf(kafka) }),
        topics: [topic],
      });
      await streams.admin.ensure(topic);
      let before = 0;
      const arriving = async (): Promise<number> => {
        const rate = await arrivalRate(kafka, topic.name, count, before);
        before += count;
        return rate;
      };
      return {
        async byDebezium() {
          await fill();
          let rate = 0;
          await byDebezium(url, 'isostream_outbox', kafka, async () => void (rate = await arriving()));
          return { debezium: rate };
        },
        async byRelay() {
          await fill();
          await using to = await createStreams({
            adapter: createKafka({ brokers: brokersOf(kafka) }),
            topics: [topic],
          });
          const stop = new AbortController();
          const relaying = outbox.relay(to, { pageSize: atOnce }).run({ signal: stop.signal });
          const rate = await arriving();
          stop.abort();
          await relaying;
          return { relay: rate };
        },
      };
    },
    end: () => pool.end(),
  };
}

/** As it is written by hand, where one process runs and nothing fails. */
async function loop(pool: pg.Pool, streams: Streams): Promise<void> {
  const producer = streams.producer(topic);
  for (;;) {
    const { rows } = await pool.query<{ seq: string; event: string }>(
      'select seq, event from isostream_outbox order by seq limit $1',
      [atOnce],
    );
    const last = rows.at(-1);
    if (last === undefined) return;
    const sent = await producer.sendBatch(rows.map(({ event }) => messageOf(event)));
    if (sent.some((result) => !result.ok)) throw new Error('an event was not sent');
    await pool.query('delete from isostream_outbox where seq <= $1', [last.seq]);
  }
}

function messageOf(event: string): TypedMessage & { readonly id: string; readonly time: Date } {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only what the bench itself writes is there
  const { time, ...message } = JSON.parse(event) as TypedMessage & { readonly id: string; readonly time: string };
  return { ...message, time: new Date(time) };
}
