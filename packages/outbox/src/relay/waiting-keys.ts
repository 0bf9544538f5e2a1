import { type BackoffMs, backoffDelay } from '@isostream/core/adapter';

interface Waiting {
  readonly topic: string;
  /** `null` for all events of the topic that have no key. */
  readonly key: string | null;
  failures: number;
  until: number;
}

const backoff: BackoffMs = { initial: 200, max: 10_000, jitter: 'full' };
const leastWaitMs = 50;
const forgottenMs = 60_000;

/** Keys whose last event could not be sent for now: they wait, and others go on. */
export class WaitingKeys {
  readonly #keys = new Map<string, Waiting>();

  get size(): number {
    return this.#keys.size;
  }

  failed(topic: string, key: string | null, now: number, random: () => number): void {
    const name = nameOf(topic, key);
    const waiting = this.#keys.get(name) ?? { topic, key, failures: 0, until: 0 };
    waiting.failures++;
    waiting.until = now + Math.max(leastWaitMs, backoffDelay(backoff, waiting.failures, random));
    this.#keys.set(name, waiting);
  }

  sent(topic: string, key: string | null): void {
    if (this.#keys.size > 0) this.#keys.delete(nameOf(topic, key));
  }

  /** Those whose time has not come. */
  at(now: number): readonly Waiting[] {
    // Due long ago and not tried again: another relay has them, or they were set aside.
    for (const [name, { until }] of this.#keys) if (until + forgottenMs < now) this.#keys.delete(name);
    return [...this.#keys.values()].filter(({ until }) => until > now);
  }
}

function nameOf(topic: string, key: string | null): string {
  return `${topic}/${key ?? ''}`;
}
