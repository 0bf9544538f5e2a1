import { expect, it } from 'vitest';
import type { Sink } from '../src/contract/sink.ts';
import { StreamError } from '../src/errors/stream-error.ts';
import { resolveProducerOptions } from '../src/produce/settings.ts';
import { Writer } from '../src/produce/writer.ts';
import { systemClock } from '../src/time/clock.ts';
import { heapInUse } from './support/heap.ts';

const total = 300_000;

/** Each key is a lane and a route of its own, as where every key has its order; every hundredth request fails once. */
function keyedSink(): Sink {
  let requests = 0;
  return {
    limits: {
      requestsPerRoute: 1,
      lanesPerRequest: 1,
      eventsPerLane: 100,
      bytesPerLane: 100_000,
      eventsPerRequest: 100,
      bytesPerRequest: 100_000,
    },
    maxEventBytes: 1_000,
    open: async () => undefined,
    lane: (event) => String(event.key),
    route: (lane) => lane,
    async write(_, batches) {
      const error = new StreamError('unavailable', 'not now', { where: 'sink', outcome: 'not-written' });
      if (++requests % 100 === 0) return batches.map(() => error);
      return batches.map(({ lane, events }) => events.map(() => ({ partition: lane, position: '0' })));
    },
    abandon: () => undefined,
    close: async () => undefined,
  };
}

it('keeps nothing of a key whose events are stored: with 300,000 keys it ends as it began', async () => {
  const options = resolveProducerOptions({ maxBuffered: { events: 1_000 }, backoff: { initial: 1, max: 1 } });
  const writer = new Writer('orders', keyedSink(), options, systemClock, () => 0.5);
  const heap: number[] = [];
  let stored = 0;
  for (let index = 0; index < total;) {
    const page: Promise<void>[] = [];
    for (const end = index + 1_000; index < end; index++)
      page.push(
        new Promise((resolve, reject) => {
          const event = { key: `k${index}`, value: new Uint8Array(10), headers: [] };
          writer.write(event, (result) => {
            stored++;
            if (StreamError.is(result)) reject(result);
            else resolve();
          });
        }),
      );
    await Promise.all(page);
    if (index === total / 10 || index === total) heap.push(heapInUse());
  }
  await writer.close(1_000);
  expect(stored).toBe(total);
  const [early = 0, late = Infinity] = heap;
  // An entry of a map for each key would be some 25 MB.
  expect(late - early).toBeLessThan(4_194_304);
});
