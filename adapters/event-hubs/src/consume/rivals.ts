import { StreamError, systemClock, Warnings } from '@isostream/core/adapter';

export interface RivalsOptions {
  /** Topic, group and consumer group, for messages. */
  readonly what: string;
  readonly leaseMs: number;
  readonly now?: () => number;
}

/** How often a partition is taken from us before we believe that it goes on. */
const often = 3;

interface Theft {
  readonly first: number;
  readonly last: number;
  readonly times: number;
}

/**
 * Readers that the leases of a group know nothing of, and that take partitions from its members by their owner levels: a
 * processor of Microsoft, or a deployment that keeps its leases in another container. One that leaves soon costs a
 * hand-over; one that stays, or comes again and again, has to be told to an operator.
 */
export class Rivals {
  readonly #options: RivalsOptions;
  readonly #now: () => number;
  readonly #warnings = new Warnings('event-hubs');
  readonly #thefts = new Map<string, Theft>();

  constructor(options: RivalsOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => systemClock.monotonic());
  }

  /** A member that holds the lease was thrown out. Returns why it is lost; throws `conflict` where that goes on. */
  took(partition: string, error: StreamError): StreamError {
    const { what, leaseMs } = this.#options;
    const now = this.#now();
    const before = this.#thefts.get(partition);
    // Who read for so long in between was alone.
    const isAgain = before !== undefined && now - before.last < 3 * leaseMs;
    const theft = isAgain ? { ...before, last: now, times: before.times + 1 } : { first: now, last: now, times: 1 };
    this.#thefts.set(partition, theft);
    const message = `partition ${partition} of ${what} is read by another reader, with a higher owner level, that is not a member of the group: ${textOf(error)}`;
    const options = { where: 'event-hubs', cause: error };
    if (theft.times >= often && now - theft.first >= leaseMs)
      throw new StreamError(
        'conflict',
        `${message}. Stop it, or give it a consumer group of its own; deployments of one group need one container of checkpoints`,
        options,
      );
    const lost = new StreamError('lease-lost', message, options);
    this.#warnings.tell(`partition ${partition} of ${what} was taken by a reader that is not a member`, lost);
    return lost;
  }
}

function textOf({ message, where }: StreamError): string {
  return message.slice(where.length + 2);
}
