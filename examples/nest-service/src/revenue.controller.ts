import { Controller, Get } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import type { Order } from './topics.ts';

/** The group `revenue`, by Nest's own decorator: the transporter gives it `order.billed`. */
@Controller('revenue')
export class RevenueController {
  readonly #billed = new Map<string, number>();

  @EventPattern('order.billed', { group: 'revenue' })
  billed(@Payload() { id, total }: Order): void {
    this.#billed.set(id, total);
  }

  @Get()
  total(): { readonly orders: number; readonly total: number } {
    return { orders: this.#billed.size, total: [...this.#billed.values()].reduce((sum, one) => sum + one, 0) };
  }
}
