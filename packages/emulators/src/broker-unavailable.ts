/** A broker cannot be started here: says which, why, and what to install. */
export class BrokerUnavailable extends Error {
  override readonly name = 'BrokerUnavailable';
  readonly broker: string;

  constructor(broker: string, reason: string, cause?: unknown) {
    super(`${broker} cannot be started: ${reason}`, cause === undefined ? undefined : { cause });
    this.broker = broker;
  }
}
