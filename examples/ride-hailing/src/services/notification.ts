import { NonRetryableError, type Streams } from 'isostream';
import type { Tally } from '../tally.ts';
import { rides } from '../topics.ts';

/** Tells riders and drivers of their ride. The gateway hiccups now and then, and one phone number is wrong. */
export class Notification {
  readonly told = new Set<string>();
  readonly #streams: Streams;
  readonly #tally: Tally;
  readonly #say: (text: string) => void;
  readonly #wrongNumbers = new Set(['driver-7']);
  #calls = 0;

  constructor(streams: Streams, tally: Tally, say: (text: string) => void) {
    this.#streams = streams;
    this.#tally = tally;
    this.#say = say;
  }

  /** Somebody corrects the number. */
  repair(): void {
    this.#wrongNumbers.clear();
  }

  run(): Promise<void> {
    const consumer = this.#streams.consumer(rides, {
      group: 'notification',
      concurrency: 16,
      retry: { attempts: 4, backoff: { initial: 20, max: 200 } },
    });
    return consumer.run({
      'ride.offered': async ({ data, id }, { attempt }) => {
        this.#tally.saw('notification', { id, key: data.driverId, order: data.shift }, attempt);
        await new Promise((resolve) => setTimeout(resolve, 3));
        if (this.#wrongNumbers.has(data.driverId))
          throw new NonRetryableError(`${data.driverId} has no valid phone number`);
        if (attempt === 1 && ++this.#calls % 12 === 0) throw new Error('the gateway did not answer');
        this.told.add(id);
        this.#tally.handled++;
        if (this.told.size % 25 === 0)
          this.#say(`${data.rider}: ${data.driverId} is ${data.kilometres} km away (${this.told.size} riders told)`);
      },
    });
  }
}
