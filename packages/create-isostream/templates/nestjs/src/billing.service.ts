import { Consumes, InjectProducer } from '@isostream/nestjs';
import { Injectable } from '@nestjs/common';
import type { Producer, TopicOutput } from 'isostream';
import { Bank } from './bank.js';
import { type OrderInput, orders } from './topics.js';

type Placed = Extract<TopicOutput<typeof orders>, { type: 'order.placed' }>;

/** A member of the group `billing` while the application runs. */
@Injectable()
export class BillingService {
  constructor(
    private readonly bank: Bank,
    @InjectProducer(orders) private readonly producer: Producer<OrderInput>,
  ) {}

  /** A failed order is tried five times, with growing pauses; then it is dead-lettered. */
  @Consumes(orders, {
    group: 'billing',
    type: 'order.placed',
    skip: ['order.billed'],
    retry: { attempts: 5, backoff: { initial: '200ms', max: '30s' } },
  })
  async placed({ data }: Placed): Promise<void> {
    await this.bank.charge(data);
    await this.producer.send({ type: 'order.billed', data: { id: data.id } });
  }
}
