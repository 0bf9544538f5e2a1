import { InjectProducer, InjectStreams } from '@isostream/nestjs';
import { BadRequestException, Body, Controller, HttpCode, Inject, Param, Post } from '@nestjs/common';
import type { Producer, RedriveReport, Streams } from 'isostream';
import { Bank } from './bank.ts';
import { order, type OrderInput, orders } from './topics.ts';

@Controller()
export class OrdersController {
  readonly #producer: Producer<OrderInput>;
  readonly #streams: Streams;
  readonly #bank: Bank;

  constructor(
    @InjectProducer(orders) producer: Producer<OrderInput>,
    @InjectStreams() streams: Streams,
    @Inject(Bank) bank: Bank,
  ) {
    this.#producer = producer;
    this.#streams = streams;
    this.#bank = bank;
  }

  @Post('orders')
  @HttpCode(202)
  async place(@Body() body: unknown): Promise<object> {
    const { data, error } = order.safeParse(body);
    if (data === undefined) throw new BadRequestException(error.issues);
    return this.#producer.send({ type: 'order.placed', data });
  }

  @Post('redrive')
  redrive(): Promise<RedriveReport> {
    return this.#streams.redrive(orders, { group: 'billing' });
  }

  @Post('bank/:state')
  turn(@Param('state') state: string): object {
    this.#bank.isDown = state === 'down';
    return { isDown: this.#bank.isDown };
  }
}
