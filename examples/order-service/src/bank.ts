/** What bills. The one of this example refuses while it is down. */
export interface Bank {
  charge(id: string, total: number): Promise<void>;
}

/** A bank that an operator takes down and brings back: `POST /bank/down`, `POST /bank/up`. */
export class ExampleBank implements Bank {
  readonly charged = new Map<string, number>();
  isDown = false;

  async charge(id: string, total: number): Promise<void> {
    if (this.isDown) throw new Error('the bank is down');
    // By the id of the order: an event that is delivered twice charges once.
    this.charged.set(id, total);
  }
}
