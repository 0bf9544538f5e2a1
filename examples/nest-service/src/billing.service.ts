import { Consumes, InjectProducer } from '@isostream/nestjs';
import { Inject, Injectable } from '@nestjs/common';
import type { HandlerContext, Producer } from 'isostream';
import { Bank } from './bank.ts';
import { type OrderInput, orders, type Placed } from './topics.ts';

/** A member of the group `billing` while the application runs. What it throws is retried, then dead-lettered. */
@Injectable()
export class BillingService {
  readonly #bank: Bank;
  readonly #producer: Producer<OrderInput>;

  constructor(@Inject(Bank) bank: Bank, @InjectProducer(orders) producer: Producer<OrderInput>) {
    this.#bank = bank;
    this.#producer = producer;
  }

  @Consumes(orders, {
    group: 'billing',
    type: 'order.placed',
    skip: ['order.billed'],
    retry: { attempts: 3, backoff: { initial: '200ms' } },
  })
  async placed({ data }: Placed, _context: HandlerContext): Promise<void> {
    this.#bank.charge(data.id, data.total);
    await this.#producer.send({ type: 'order.billed', data });
  }
}
