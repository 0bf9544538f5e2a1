import { createOutbox, sqliteOutbox } from '@isostream/outbox';
import type { Consumer, StreamEvent, Streams } from 'isostream';
import { openDatabase, pairs, transact } from './database.ts';
import { withTax } from './tax.ts';
import { type Bill, bills, customers, type Order, orders } from './topics.ts';

/** The old program: orders, customers, billing and loyalty in one database. */
export class Monolith {
  readonly database = openDatabase(
    'customers (id text primary key, country text not null)',
    'orders (id text primary key, customer text not null, cents integer not null)',
    'bills (order_id text primary key, cents integer not null)',
    'points (customer text primary key, points integer not null)',
    // What the service says, beside what the monolith does by itself.
    'answers (order_id text primary key, cents integer not null)',
  );
  readonly outbox = createOutbox({ store: sqliteOutbox(this.database), topics: [orders, customers] });
  /** Taken away in step 8. */
  billsItself = true;
  readonly #streams: Streams;
  readonly #end = new AbortController();
  #relaying: Promise<void> | undefined;
  #answers: Consumer<StreamEvent<'bill.issued', Bill>> | undefined;

  constructor(streams: Streams) {
    this.#streams = streams;
  }

  async changeCustomer(id: string, country: string): Promise<void> {
    const event = await this.outbox.prepare(customers, { type: 'customer.changed', data: { id, country } });
    transact(this.database, () => {
      this.database.prepare('insert or replace into customers values (?, ?)').run(id, country);
      this.outbox.write(this.database, event);
    });
  }

  /** The order, its bill, the points of its customer and its event: all of them, or none. */
  async placeOrder({ id, customer, cents }: Order, check: () => void = () => undefined): Promise<void> {
    const event = await this.outbox.prepare(orders, { type: 'order.placed', data: { id, customer, cents } });
    transact(this.database, () => {
      this.database.prepare('insert into orders values (?, ?, ?)').run(id, customer, cents);
      if (this.billsItself && cents > 0)
        this.database.prepare('insert into bills values (?, ?)').run(id, withTax(cents, this.#countryOf(customer)));
      this.database
        .prepare(
          'insert into points values (?, ?) on conflict (customer) do update set points = points + excluded.points',
        )
        .run(customer, Math.floor(cents / 100));
      this.outbox.write(this.database, event);
      check();
    });
  }

  /** What the outbox holds is sent from now on. */
  relay(): void {
    this.#relaying = this.outbox.relay(this.#streams, { pollInterval: 20 }).run({ signal: this.#end.signal });
  }

  /** Keeps what the service answers; an answer that comes twice is the same row. */
  receiveAnswers(): void {
    this.#answers = this.#streams.consumer(bills, { group: 'monolith', commitInterval: 20 });
    void this.#answers.run(({ data }) => {
      this.database.prepare('insert or replace into answers values (?, ?)').run(data.order, data.cents);
    });
  }

  async close(): Promise<void> {
    await this.#answers?.close();
    this.#end.abort();
    await this.#relaying;
  }

  #countryOf(customer: string): string {
    return String(pairs(this.database, 'select id, country from customers where id = ?', customer).get(customer));
  }
}
