import { createOutbox, sqliteOutbox } from '@isostream/outbox';
import type { Consumer, StreamEvent, Streams } from 'isostream';
import { openDatabase, pairs, transact } from './database.ts';
import { withTax } from './tax.ts';
import { bills, customers, type Order, orders } from './topics.ts';

/** What a version of the service does already. */
export interface Abilities {
  /** Adds the country of the customer, which orders do not have. */
  readonly enriches?: boolean;
  /** Leaves out what needs no bill. */
  readonly filters?: boolean;
  /** Tells the monolith. */
  readonly answers?: boolean;
  readonly rates?: ReadonlyMap<string, number>;
}

/** The new service: a database of its own, filled by events alone. */
export class Billing {
  readonly database = openDatabase(
    'customers (id text primary key, country text not null)',
    'stored (order_id text primary key, customer text not null, cents integer not null, country text)',
    'bills (order_id text primary key, cents integer not null)',
  );
  readonly outbox = createOutbox({ store: sqliteOutbox(this.database), topics: [bills] });
  readonly group: string;
  readonly #streams: Streams;
  #stop: (() => Promise<void>) | undefined;

  constructor(streams: Streams, group = 'billing') {
    this.#streams = streams;
    this.group = group;
  }

  /** A new version goes on where the one before stopped. */
  async deploy(abilities: Abilities = {}): Promise<void> {
    await this.stop();
    await this.outbox.ensure();
    const options = { group: this.group, commitInterval: 20 };
    const consumers = [
      this.#streams.consumer(customers, options),
      this.#streams.consumer(orders, {
        ...options,
        // An order can come before its customer: topics have no order among each other.
        retry: { attempts: 1_000, backoff: { initial: '10ms', max: '100ms' } },
      }),
    ] as const;
    const running = [
      consumers[0].run(({ data: { id, country } }) => {
        this.database.prepare('insert or replace into customers values (?, ?)').run(id, country);
      }),
      consumers[1].run(({ data }: StreamEvent<'order.placed', Order>) => this.#handle(data, abilities)),
    ];
    const end = new AbortController();
    if (abilities.answers === true)
      running.push(this.outbox.relay(this.#streams, { pollInterval: 20 }).run({ signal: end.signal }));
    this.#stop = async () => {
      await Promise.all(consumers.map((consumer: Pick<Consumer<unknown>, 'close'>) => consumer.close()));
      end.abort();
      await Promise.all(running);
    };
  }

  async stop(): Promise<void> {
    await this.#stop?.();
    this.#stop = undefined;
  }

  /** Forgets everything and begins at the first event: nobody depends on a shadow. */
  async startOver(): Promise<void> {
    await this.stop();
    for (const table of ['customers', 'stored', 'bills']) this.database.exec(`delete from ${table}`);
    for (const topic of [orders, customers]) await this.#streams.admin.reset(topic, this.group, 'earliest');
  }

  /** Every statement can be repeated: an event may come twice. */
  async #handle(order: Order, { enriches = false, filters = false, answers = false, rates }: Abilities): Promise<void> {
    const { id, customer, cents } = order;
    if (filters && cents === 0) return;
    const country = enriches ? this.#countryOf(customer) : null;
    const amount = country === null ? undefined : withTax(cents, country, rates);
    const event =
      answers && amount !== undefined
        ? await this.outbox.prepare(bills, { type: 'bill.issued', data: { order: id, cents: amount } })
        : undefined;
    transact(this.database, () => {
      this.database.prepare('insert or replace into stored values (?, ?, ?, ?)').run(id, customer, cents, country);
      if (amount === undefined) return;
      const isNew = !pairs(this.database, 'select order_id, cents from bills where order_id = ?', id).has(id);
      this.database.prepare('insert or replace into bills values (?, ?)').run(id, amount);
      if (isNew && event !== undefined) this.outbox.write(this.database, event);
    });
  }

  #countryOf(customer: string): string {
    const country = pairs(this.database, 'select id, country from customers where id = ?', customer).get(customer);
    if (typeof country !== 'string') throw new Error(`customer ${customer} is not known yet`);
    return country;
  }
}
