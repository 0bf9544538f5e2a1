import type { Consumer, StreamEvent, Streams } from 'isostream';
import { openDatabase, transact } from './database.ts';
import { type Order, orders } from './topics.ts';

/** The next part: points of customers, from the events that are there already. */
export class Loyalty {
  readonly database = openDatabase(
    'counted (order_id text primary key)',
    'points (customer text primary key, points integer not null)',
  );
  readonly #consumer: Consumer<StreamEvent<'order.placed', Order>>;

  constructor(streams: Streams) {
    this.#consumer = streams.consumer(orders, { group: 'loyalty', commitInterval: 20 });
  }

  run(): Promise<void> {
    return this.#consumer.run(({ data: { id, customer, cents } }) => {
      const known = this.database.prepare('select 1 from counted where order_id = ?').all(id).length > 0;
      if (known) return;
      transact(this.database, () => {
        this.database.prepare('insert into counted values (?)').run(id);
        this.database
          .prepare(
            'insert into points values (?, ?) on conflict (customer) do update set points = points + excluded.points',
          )
          .run(customer, Math.floor(cents / 100));
      });
    });
  }

  close(): Promise<void> {
    return this.#consumer.close();
  }
}
