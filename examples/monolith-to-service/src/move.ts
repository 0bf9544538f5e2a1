import type { Streams, Topic } from 'isostream';
import { Billing } from './billing.ts';
import { Monolith } from './monolith.ts';
import { orders } from './topics.ts';
import { until } from './until.ts';

const countries = ['DE', 'AT', 'FR'];

/** Both programs, while one becomes two. */
export class Move {
  readonly streams: Streams;
  readonly monolith: Monolith;
  readonly billing: Billing;
  #orders = 0;

  constructor(streams: Streams) {
    this.streams = streams;
    this.monolith = new Monolith(streams);
    this.billing = new Billing(streams);
  }

  async addCustomers(): Promise<void> {
    for (let n = 0; n < 6; n++) await this.monolith.changeCustomer(`c-${n}`, countries[n % 3] ?? '');
  }

  /** Every fifth order is free. */
  async placeOrders(howMany: number): Promise<void> {
    for (let left = howMany; left > 0; left--) {
      const n = this.#orders++;
      await this.monolith.placeOrder({ id: `o-${n}`, customer: `c-${n % 6}`, cents: n % 5 === 0 ? 0 : 1_000 + n });
    }
  }

  /** Events of a topic that a group has not settled. */
  async lag(topic: Topic, group: string): Promise<number> {
    return (await this.streams.admin.lag(topic, group)).reduce((sum, { events = 0 }) => sum + events, 0);
  }

  /** Everything that the monolith wrote is sent, and settled by the group. */
  async untilCaughtUp(group = this.billing.group): Promise<void> {
    await until(async () => (await this.monolith.outbox.backlog()).rows === 0);
    await until(async () => (await this.lag(orders, group)) === 0);
  }

  async close(): Promise<void> {
    await this.billing.stop();
    await this.monolith.close();
  }
}
