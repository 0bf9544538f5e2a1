/** A broker cannot be started here: says which, why, and what to install. */
export class BrokerUnavailable extends Error {
  override readonly name = 'BrokerUnavailable';
  readonly broker: string;
  /** Why, without the name of the broker. */
  readonly reason: string;

  constructor(broker: string, reason: string, cause?: unknown) {
    super(`${broker} cannot be started: ${reason}`, cause === undefined ? undefined : { cause });
    this.broker = broker;
    this.reason = reason;
  }
}

/** The port that was asked for is another program's: no other way of starting it helps. */
export class PortTaken extends BrokerUnavailable {}
