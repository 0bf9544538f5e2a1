/** What bills. The one of this example refuses while it is down. */
export class Bank {
  readonly charged = new Map<string, number>();
  isDown = false;

  charge(id: string, total: number): void {
    if (this.isDown) throw new Error('the bank is down');
    // By the id of the order: an event that is delivered twice charges once.
    this.charged.set(id, total);
  }
}
