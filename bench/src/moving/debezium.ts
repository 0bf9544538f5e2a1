import { type KafkaCluster, startKafkaConnect } from '@isostream/emulators';
import { Kafka, logLevel } from 'kafkajs';
import type { Pool } from 'pg';

const debezium = 'io.debezium:debezium-connector-postgres:3.6.1.Final';
const slot = 'bench';

/** What the log of the database keeps for Debezium, from here on. */
export async function beginLog(pool: Pool, table: string): Promise<void> {
  await pool.query(`select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = '${slot}'`);
  await pool.query(`drop publication if exists ${slot}`);
  await pool.query(`create publication ${slot} for table ${table}`);
  await pool.query(`select pg_create_logical_replication_slot('${slot}', 'pgoutput')`);
}

/** Relays what was inserted since {@link beginLog} by Debezium, in the real Kafka Connect, until `work` is over. */
export async function byDebezium(
  database: string,
  table: string,
  kafka: KafkaCluster,
  work: () => Promise<void>,
): Promise<void> {
  const { hostname, port } = new URL(database);
  const worker = `bootstrap.servers=${brokersOf(kafka).join(',')}
key.converter=org.apache.kafka.connect.storage.StringConverter
value.converter=org.apache.kafka.connect.storage.StringConverter`;
  const connector = `name=outbox
connector.class=io.debezium.connector.postgresql.PostgresConnector
database.hostname=${hostname}
database.port=${port}
database.user=postgres
database.password=any
database.dbname=postgres
topic.prefix=bench
plugin.name=pgoutput
slot.name=${slot}
publication.name=${slot}
publication.autocreate.mode=disabled
snapshot.mode=no_data
table.include.list=public.${table}
transforms=outbox
transforms.outbox.type=io.debezium.transforms.outbox.EventRouter
transforms.outbox.table.field.event.id=id
transforms.outbox.table.field.event.key=key
transforms.outbox.table.field.event.payload=event
transforms.outbox.route.by.field=topic
transforms.outbox.route.topic.replacement=\${routedByValue}`;
  await using connect = await startKafkaConnect({
    worker,
    connectors: [connector],
    plugins: [debezium],
    heapMb: 512,
  });
  const failed = async (): Promise<never> => {
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      const answer = await fetch(`${connect.url}/connectors/outbox/status`).then((each) => each.text());
      if (answer.includes('"FAILED"')) throw new Error(`Debezium failed: ${answer.slice(0, 2_000)}`);
    }
  };
  await Promise.race([work(), failed()]);
}

/** Events per second that arrive in a topic, from the first to the last, asked of the broker. */
export async function arrivalRate(kafka: KafkaCluster, topic: string, count: number, before: number): Promise<number> {
  const admin = new Kafka({ brokers: brokersOf(kafka), logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  let begun: { readonly at: number; readonly stored: number } | undefined;
  try {
    for (;;) {
      const offsets = await admin.fetchTopicOffsets(topic);
      const stored = offsets.reduce((sum, { high }) => sum + Number(high), 0) - before;
      const at = performance.now();
      if (stored > 0) begun ??= { at, stored };
      if (begun !== undefined && stored >= count) return ((stored - begun.stored) * 1_000) / (at - begun.at);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  } finally {
    await admin.disconnect();
  }
}

export function brokersOf({ url }: KafkaCluster): string[] {
  return url.replace('kafka://', '').split(',');
}
