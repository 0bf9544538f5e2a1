import { NonRetryableError } from 'isostream';
import type { Order } from './topics.js';

/** Replace it with what your service does: a call of another service, a row in a database. */
export class Bank {
  readonly charged = new Map<string, number>();

  async charge({ id, total }: Order): Promise<void> {
    // What no attempt can mend is dead-lettered at once; any other error is retried first.
    if (total > 1_000) throw new NonRetryableError(`a total of ${total} is above the limit of 1000`);
    // By the id of the order: an event that is delivered twice charges once.
    this.charged.set(id, total);
  }
}
