import { InjectProducer } from '@isostream/nestjs';
import { Body, Controller, HttpException, HttpCode, Post } from '@nestjs/common';
import type { Producer } from 'isostream';
import { place } from './intake.js';
import { type OrderInput, orders } from './topics.js';

@Controller('orders')
export class OrdersController {
  constructor(@InjectProducer(orders) private readonly producer: Producer<OrderInput>) {}

  @Post()
  @HttpCode(202)
  async place(@Body() body: unknown): Promise<void> {
    const status = await place(this.producer, body);
    if (status !== 202) throw new HttpException(status === 400 ? 'not an order' : 'try again later', status);
  }
}
