import { StreamError } from '../errors/stream-error.ts';
import { backoffDelay } from '../retry/backoff.ts';
import type { Clock } from '../time/clock.ts';
import { sleep, untilAborted } from '../time/wait.ts';
import { commitBackoff, type CommitSchedule } from './commit-schedule.ts';
import type { Ledger, Sent } from './ledger.ts';

interface CommitsParts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly schedule: CommitSchedule;
  readonly ledger: Ledger;
  /** Where the assignment is now. */
  readonly status: () => 'active' | 'draining' | 'gone';
  readonly sent: (sent: Sent) => void;
  /** The provider refused, whatever follows from it. */
  readonly refused: (error: StreamError) => void;
  /** An error that needs operator action. */
  readonly fail: (error: StreamError) => void;
}

/** Tells the provider what is settled of one assignment: one call at a time, what settles meanwhile goes with the next. */
export class Commits {
  readonly #parts: CommitsParts;
  #sending: Promise<void> | undefined;
  #refusals = 0;

  constructor(parts: CommitsParts) {
    this.#parts = parts;
  }

  get refusals(): number {
    return this.#refusals;
  }

  /** Something was settled. */
  settled(): void {
    const { ledger, schedule } = this.#parts;
    if (!ledger.isEager) return schedule.soon();
    // A call that is out takes it along with the next.
    if (this.#sending === undefined && this.#refusals === 0) void this.send();
  }

  /** Everything settled is stored, or the assignment is gone, or the signal says that the service had its time. */
  async finish(signal: AbortSignal): Promise<void> {
    const { clock, random, status } = this.#parts;
    try {
      for (let failures = 1; this.#hasUnsent; failures++) {
        const result = await untilAborted(this.send(), signal);
        if (result === 'final' || status() === 'gone') return;
        if (result === 'again') await sleep(clock, backoffDelay(commitBackoff, failures, random), signal);
      }
    } catch (thrown) {
      // What could not be stored in time comes again at the next owner.
      if (!signal.aborted) throw thrown;
    }
  }

  async send(): Promise<'ok' | 'again' | 'final'> {
    if (this.#sending !== undefined) {
      await this.#sending;
      return 'ok';
    }
    const { status, schedule } = this.#parts;
    if (!this.#hasUnsent || status() === 'gone') return 'ok';
    const result = this.#parts.ledger.send().then(
      (sent) => {
        this.#parts.sent(sent);
        this.#refusals = 0;
        return 'ok' as const;
      },
      (thrown: unknown) => this.#failed(StreamError.from(thrown, 'consumer')),
    );
    this.#sending = result.then(() => {
      this.#sending = undefined;
    });
    const outcome = await result;
    await this.#sending;
    if (outcome === 'ok' && this.#hasUnsent) {
      if (this.#parts.ledger.isEager) void this.send();
      // The interval may have ended during a slow call: what settled meanwhile would wait for the next event, which may never come.
      else if (status() === 'active') schedule.soon();
    }
    return outcome;
  }

  /** At once, also what is not with a call that is out; what is refused comes again as ever. */
  async sendAll(): Promise<void> {
    await this.send();
    if (this.#refusals === 0) await this.send();
  }

  get #hasUnsent(): boolean {
    return !this.#parts.schedule.isOff && this.#parts.ledger.hasUnsent;
  }

  #failed(error: StreamError): 'again' | 'final' {
    const { refused, fail, status, schedule } = this.#parts;
    refused(error);
    if (error.code === 'lease-lost') return 'final';
    if (!error.retryable) {
      fail(error);
      return 'final';
    }
    this.#refusals++;
    if (status() === 'active') schedule.later(this.#refusals);
    return 'again';
  }
}
