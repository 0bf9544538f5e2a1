import { StreamError } from '@isostream/core/adapter';

/** A link that ends sooner than this, unused, was refused: the service says so only after it has opened it. */
const standingMs = 1_000;

/** What became of one link. */
export interface Standing {
  /** Something went over it. */
  used(): void;
  /** What its end means to whoever used it. */
  judge(error: StreamError): StreamError;
}

/**
 * Tells a claim that the service took back from one that it refuses. It detaches links whose claim it has forgotten, as
 * after a failover of its own, with the words that it has for a wrong key. So a link that stood may be claimed again,
 * once: what ends as soon as it was opened, after that, is refused.
 */
export class Refusals {
  readonly #claimedAgain = new Set<string>();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** For a link to this address that opens now. */
  standingOf(address: string): Standing {
    const openedAt = this.#now();
    let isUsed = false;
    return {
      used() {
        isUsed = true;
      },
      judge: (error) => {
        if (isUsed || this.#now() - openedAt >= standingMs) this.#claimedAgain.delete(address);
        if (!isRefusal(error) || this.#claimedAgain.has(address)) return error;
        this.#claimedAgain.add(address);
        return takenBack(error);
      },
    };
  }
}

/** Whether a claim was forgotten, and may be made again at once. */
export function isTakenBack(thrown: unknown): boolean {
  return (
    StreamError.is(thrown) && thrown.code === 'unavailable' && StreamError.is(thrown.cause) && isRefusal(thrown.cause)
  );
}

function isRefusal({ code }: StreamError): boolean {
  return code === 'unauthenticated' || code === 'unauthorized';
}

function takenBack(error: StreamError): StreamError {
  const { message, where } = error;
  const text = `${message.slice(where.length + 2)}. It is claimed again`;
  return new StreamError('unavailable', text, { where, cause: error, outcome: 'unknown' });
}
