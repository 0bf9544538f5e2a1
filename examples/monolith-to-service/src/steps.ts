import { Billing } from './billing.ts';
import { count, different, pairs } from './database.ts';
import { Loyalty } from './loyalty.ts';
import type { Move } from './move.ts';
import { wrongRates } from './tax.ts';
import { bills, orders } from './topics.ts';
import { until } from './until.ts';

/** What was seen at the end of a step. */
export type Seen = Readonly<Record<string, number>>;

export interface Step {
  readonly name: string;
  /** What is done. */
  readonly does: string;
  readonly run: (move: Move) => Promise<Seen>;
}

const billed = 'select order_id, cents from bills';
const answered = 'select order_id, cents from answers';

export const steps: readonly Step[] = [
  {
    name: 'Events from the monolith',
    does: 'Its transactions write events into an outbox, and a relay sends what is committed.',
    async run(move) {
      const { monolith, streams } = move;
      await monolith.outbox.ensure();
      monolith.relay();
      await move.addCustomers();
      await move.placeOrders(20);
      const fails = (): never => {
        throw new Error('the card is refused');
      };
      await monolith.placeOrder({ id: 'refused', customer: 'c-0', cents: 500 }, fails).catch(() => undefined);
      await until(async () => (await monolith.outbox.backlog()).rows === 0);
      let refused = 0;
      const { events } = await streams.replay(orders, { from: 'earliest' }).run(({ data }) => {
        if (data.id === 'refused') refused++;
      });
      return {
        'orders in the monolith': count(monolith.database, 'orders'),
        'events in the topic': events,
        'events of the order that was rolled back': refused,
      };
    },
  },
  {
    name: 'A shadow service',
    does: 'A new service stores what it reads in a database of its own. Nobody depends on it.',
    async run(move) {
      const { monolith, billing } = move;
      await billing.deploy();
      await move.untilCaughtUp();
      const own = pairs(monolith.database, 'select id, cents from orders');
      const stored = pairs(billing.database, 'select order_id, cents from stored');
      return { 'orders stored': stored.size, 'different from the monolith': different(own, stored) };
    },
  },
  {
    name: 'Lag',
    does: 'The service is stopped, orders go on, and it is started again: how far it is behind is measured, not assumed.',
    async run(move) {
      await move.billing.stop();
      await move.placeOrders(10);
      await until(async () => (await move.monolith.outbox.backlog()).rows === 0);
      const stopped = await move.lag(orders, move.billing.group);
      await move.billing.deploy();
      await move.untilCaughtUp();
      return {
        'events behind while it was stopped': stopped,
        'events behind now': await move.lag(orders, move.billing.group),
      };
    },
  },
  {
    name: 'Enrichment',
    does: 'The service reads customers as well and adds their country. It forgets what it had and begins at the first event.',
    async run(move) {
      const { billing } = move;
      const before = count(billing.database, 'stored where country is not null');
      await billing.startOver();
      await billing.deploy({ enriches: true });
      await move.untilCaughtUp();
      return {
        'orders with a country before': before,
        'orders with a country now': count(billing.database, 'stored where country is not null'),
        'orders without one': count(billing.database, 'stored where country is null'),
      };
    },
  },
  {
    name: 'Filtering',
    does: 'What needs no bill is left out.',
    async run(move) {
      const { billing, monolith } = move;
      await billing.startOver();
      await billing.deploy({ enriches: true, filters: true });
      await move.untilCaughtUp();
      return {
        'orders in the monolith': count(monolith.database, 'orders'),
        'orders stored': count(billing.database, 'stored'),
        'free orders stored': count(billing.database, 'stored where cents = 0'),
      };
    },
  },
  {
    name: 'Events back',
    does: 'The service tells its bills, from an outbox of its own. The monolith keeps them beside what it bills itself, and uses its own.',
    async run(move) {
      const { billing, monolith } = move;
      monolith.receiveAnswers();
      await billing.startOver();
      await billing.deploy({ enriches: true, filters: true, answers: true });
      await move.placeOrders(10);
      await move.untilCaughtUp();
      await untilAnswered(move);
      return {
        'bills of the service': count(billing.database, 'bills'),
        'answers in the monolith': count(monolith.database, 'answers'),
      };
    },
  },
  {
    name: 'Test',
    does: 'Both results are compared for every order. A version with a wrong tax rate, as another shadow, shows that a mistake would be seen.',
    async run(move) {
      const { monolith, streams } = move;
      const own = pairs(monolith.database, billed);
      const candidate = new Billing(streams, 'billing-candidate');
      await candidate.deploy({ enriches: true, filters: true, rates: wrongRates });
      await move.untilCaughtUp(candidate.group);
      await candidate.stop();
      return {
        'bills compared': own.size,
        different: different(own, pairs(monolith.database, answered)),
        'different with a wrong rate': different(own, pairs(candidate.database, billed)),
      };
    },
  },
  {
    name: 'Removal',
    does: 'The monolith stops billing, and uses the answers of the service.',
    async run(move) {
      const { monolith } = move;
      const before = count(monolith.database, 'bills');
      monolith.billsItself = false;
      await move.placeOrders(10);
      await move.untilCaughtUp();
      await untilAnswered(move);
      const unanswered = 'orders where cents > 0 and id not in (select order_id from answers)';
      return {
        'bills by the monolith since': count(monolith.database, 'bills') - before,
        'bills by the service since': count(monolith.database, 'answers') - before,
        'orders without a bill': count(monolith.database, unanswered),
      };
    },
  },
  {
    name: 'Repeat',
    does: 'The next part, points for customers, starts from the events that are there: the monolith is not changed for it.',
    async run(move) {
      const { monolith, streams } = move;
      const loyalty = new Loyalty(streams);
      const running = loyalty.run();
      await move.untilCaughtUp('loyalty');
      await loyalty.close();
      await running;
      const points = 'select customer, points from points';
      const counted = pairs(loyalty.database, points);
      return {
        'customers with points': counted.size,
        'different from the monolith': different(pairs(monolith.database, points), counted),
      };
    },
  },
];

/** What the service has billed is sent, and the monolith has it. */
async function untilAnswered(move: Move): Promise<void> {
  await until(async () => (await move.billing.outbox.backlog()).rows === 0);
  await until(async () => (await move.lag(bills, 'monolith')) === 0);
}
