import { createOutbox, postgresOutbox } from '@isostream/outbox';
import type { Streams } from 'isostream';
import type { Pool } from 'pg';
import type { Order, OrderEvents } from './topics.ts';

/** Orders in a table of PostgreSQL, each with its event in the same transaction: both are there, or neither. */
export interface OrderTable {
  /** False if there is an order with this id. */
  place(order: Order): Promise<boolean>;
  /** Ends with `close`, and rejects where an operator has to look. */
  readonly relayed: Promise<void>;
  close(): Promise<void>;
}

/** Creates what is missing, and relays events from the table to the topic. */
export async function openOrderTable(pool: Pool, orders: OrderEvents, streams: Streams): Promise<OrderTable> {
  const outbox = createOutbox({ store: postgresOutbox(pool), topics: [orders] });
  await outbox.ensure();
  await pool.query('create table if not exists orders (id text primary key, total double precision not null)');
  const closing = new AbortController();
  const relayed = outbox.relay(streams).run({ signal: closing.signal });
  return {
    relayed,
    async place(order) {
      const client = await pool.connect();
      try {
        await client.query('begin');
        const insert = 'insert into orders values ($1, $2) on conflict do nothing';
        const { rowCount } = await client.query(insert, [order.id, order.total]);
        if (rowCount === 1) await outbox.add(client, orders, { type: 'order.placed', data: order });
        await client.query('commit');
        client.release();
        return rowCount === 1;
      } catch (error) {
        // A connection that was closed takes its transaction with it.
        client.release(true);
        throw error;
      }
    },
    async close() {
      closing.abort();
      await relayed;
    },
  };
}
