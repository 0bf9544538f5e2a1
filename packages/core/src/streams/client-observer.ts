import type { StreamError } from '../errors/stream-error.ts';
import { observe, type Observations, type Ownership } from '../observe/channels.ts';
import type { Logger } from '../observe/logger.ts';
import type { Clock } from '../time/clock.ts';
import { isAway } from './health.ts';
import { Logging } from './logging.ts';

const clientState = observe('client:state');
const consumerState = observe('consume:state');

/** Tells whoever listens, and the logger of the client, what becomes of the client and of its consumers. */
export class ClientObserver {
  readonly #adapter: string;
  readonly #logging: Logging | undefined;

  constructor(adapter: string, logger: Logger | undefined, clock: Clock) {
    this.#adapter = adapter;
    if (logger !== undefined) this.#logging = new Logging(logger, adapter, clock);
  }

  client(state: Observations['client:state']['state'], error?: StreamError): void {
    const reason = error === undefined ? {} : { error };
    if (clientState.hasSubscribers) clientState.publish({ adapter: this.#adapter, state, ...reason });
    this.#logging?.client(state, error);
  }

  /** The client is over, with the reason if it could not be opened. */
  end(error?: StreamError): void {
    this.client(error !== undefined && isAway(error) ? 'unreachable' : 'closed', error);
    this.#logging?.end();
  }

  /** What a new consumer calls with each of its states. */
  consumer(who: {
    readonly topic: string;
    readonly group: string;
    readonly member: string;
  }): (state: Observations['consume:state']['state'], error?: StreamError) => void {
    const untold = this.#logging?.reads(who);
    return (state, error) => {
      if (consumerState.hasSubscribers)
        consumerState.publish({ ...who, state, ...(error === undefined ? {} : { error }) });
      if (state === 'closed') untold?.();
    };
  }

  replay(who: Pick<Ownership, 'topic' | 'group' | 'member'>): void {
    this.#logging?.reads(who);
  }

  writes(topic: string): void {
    this.#logging?.writes(topic);
  }
}
