export interface SilenceOptions {
  readonly timeoutMs: number;
  /** Sends what the other end has to answer at once. */
  readonly ask: () => void;
  /** Nothing has come for as long as `timeoutMs`, although it was asked. */
  readonly over: () => void;
}

/**
 * Tells a connection whose other end is gone without a word from one that has nothing to say. A load balancer that forgot
 * a connection, or a firewall, swallows what is sent and refuses nothing: only an answer shows that anybody is there.
 * Whatever comes counts as one, so that a slow request ends no connection. One that keeps silent for half of the timeout
 * is asked, and has the other half to answer.
 *
 * AMQP's own instrument, the idle time-out that each end asks the other for, is too coarse alone: the library that the
 * service is built on refuses short ones, by a minimum that is documented nowhere, so Microsoft's clients ask for 60 s,
 * and rhea waits twice as long.
 */
export class Silence {
  readonly #options: SilenceOptions;
  readonly #timer: NodeJS.Timeout;
  #heard = 0;
  #isAsked = false;

  constructor(options: SilenceOptions) {
    this.#options = options;
    this.#timer = setTimeout(() => this.#half(), options.timeoutMs / 2).unref();
  }

  /** Something came. */
  heard(): void {
    this.#heard++;
    this.#isAsked = false;
    this.#timer.refresh();
  }

  stop(): void {
    this.#heard++;
    clearTimeout(this.#timer);
  }

  #half(): void {
    const heard = this.#heard;
    // What came while this process was busy or stopped lies there still, and is read first.
    setImmediate(() => {
      if (heard !== this.#heard) return;
      if (this.#isAsked) {
        this.#options.over();
        return;
      }
      this.#isAsked = true;
      this.#timer.refresh();
      this.#options.ask();
    });
  }
}
