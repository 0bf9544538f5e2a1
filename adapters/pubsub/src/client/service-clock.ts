import { systemClock } from '@isostream/core/adapter';
import { grpc } from 'google-gax';

/** Google's front ends date their answers to the second. */
const dateMs = 1_000;

/** A moment by this machine's two clocks: the time of day, and one that nobody can set. */
interface Moment {
  readonly now: number;
  readonly monotonic: number;
}

export function moment(): Moment {
  return { now: systemClock.now(), monotonic: systemClock.monotonic() };
}

/**
 * The service's time of day, by which events are stored: this machine's clock may be wrong, and a range that ends by it would
 * leave out what was stored last. Learned from what the service answers, and rather late than early.
 */
export class ServiceClock {
  #known = { offsetMs: 0, time: -Infinity, monotonic: 0 };

  now(): number {
    const { offsetMs, time, monotonic } = this.#known;
    // The time of day goes on while a machine sleeps, the other clock while somebody sets the time.
    return Math.ceil(Math.max(systemClock.now() + offsetMs, time + systemClock.monotonic() - monotonic));
  }

  /** Since that moment the service's clock stood somewhere between these two times. */
  learn(first: number, last: number, since: Moment): void {
    const isAsOurs = since.now - 1 <= last && first <= systemClock.now() + 1;
    const time = isAsOurs ? since.now : last;
    this.#known = { offsetMs: time - since.now, time, monotonic: since.monotonic };
  }

  /** Sees the answers to the calls that are made with it. */
  readonly interceptor: grpc.Interceptor = (options, nextCall) => {
    const since = moment();
    return new grpc.InterceptingCall(nextCall(options), {
      start: (metadata, _listener, next) =>
        next(metadata, {
          onReceiveMetadata: (received, forward) => {
            const date = Date.parse(String(received.get('date')[0]));
            if (!Number.isNaN(date)) this.learn(date, date + dateMs, since);
            forward(received);
          },
        }),
    });
  };
}
