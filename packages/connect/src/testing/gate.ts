/**
 * What becomes of a request at a target: `cut`, it takes no effect and is not answered; `throttle`, it takes no effect and is
 * answered by "later"; `part`, half of it takes effect and is answered; `lose`, it takes effect and is not answered.
 */
export type RequestFault = 'cut' | 'throttle' | 'part' | 'lose';

/** One request that came to a gate: how to serve it, and whether to answer it once it is served. */
export interface GateRequest {
  readonly serve: 'all' | 'part' | 'throttle' | 'cut';
  /** Called once its effects are there. `cut`: close the connection without an answer. */
  served(): Promise<'answer' | 'cut'>;
}

/** A request that is held. */
export interface HeldRequest {
  /** It came to the gate: nothing of it has taken effect, or all of it, as was asked for. */
  readonly arrived: Promise<void>;
  release(): void;
}

/** In front of the target of a test: every request asks it what becomes of it. */
export class RequestGate {
  readonly #faults: RequestFault[] = [];
  readonly #holds: { readonly when: 'before' | 'after'; readonly reach: () => Promise<void> }[] = [];
  readonly #open = new Set<() => void>();

  /** For the target: called at each request before anything of it takes effect. */
  async arrive(): Promise<GateRequest> {
    const fault = this.#faults.shift();
    const hold = fault === undefined ? this.#holds.shift() : undefined;
    if (hold?.when === 'before') await hold.reach();
    const serve = fault === undefined || fault === 'lose' ? 'all' : fault;
    return {
      serve,
      served: async () => {
        if (hold?.when === 'after') await hold.reach();
        return fault === 'lose' ? 'cut' : 'answer';
      },
    };
  }

  /** The next requests fail so, in this order; those that follow do not. */
  fail(...faults: readonly RequestFault[]): void {
    this.#faults.push(...faults);
  }

  /** Holds the next request that does not fail, before or after it takes effect. */
  hold(when: 'before' | 'after'): HeldRequest {
    let arrive = (): void => undefined;
    let release = (): void => undefined;
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.#open.add(release);
    this.#holds.push({
      when,
      reach: () => {
        arrive();
        return released;
      },
    });
    return { arrived, release };
  }

  /** Everything that is held goes on. */
  releaseAll(): void {
    for (const release of this.#open) release();
  }
}
