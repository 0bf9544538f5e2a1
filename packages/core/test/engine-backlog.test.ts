import { expect, it } from 'vitest';
import { Engine } from '../src/consume/engine.ts';
import { resolveConsumerOptions } from '../src/consume/settings.ts';
import type { Assignment, EventPage, Source } from '../src/contract/source.ts';
import { NonRetryableError } from '../src/errors/stream-error.ts';
import { sizeOf, type StoredEvent } from '../src/model/encoded.ts';
import { systemClock } from '../src/time/clock.ts';
import { heapInUse } from './support/heap.ts';

const partitions = 4;
const perPartition = 250_000;
const maxInFlight = { events: 500, bytes: 65_536 };

/** What was handed to the engine and not yet finished, by an account that is not the engine's. */
class Ledger {
  events = 0;
  bytes = 0;
  most = { events: 0, bytes: 0 };

  take(event: StoredEvent): void {
    this.events++;
    this.bytes += sizeOf(event);
    this.most = { events: Math.max(this.most.events, this.events), bytes: Math.max(this.most.bytes, this.bytes) };
  }

  finish(event: StoredEvent): void {
    this.events--;
    this.bytes -= sizeOf(event);
  }
}

/** A partition that makes its events when they are read, so that nobody but the engine holds any. */
function backlogLane(partition: string, ledger: Ledger, settlement: 'watermark' | 'individual'): Assignment {
  let next = 0;
  const cursor = {
    partition,
    fencingToken: '1',
    async read(page: EventPage): Promise<void> {
      const first = next;
      while (next < perPartition && next - first < 1_000) {
        const event = backlogEvent(partition, next);
        if (!page.add(event)) break;
        ledger.take(event);
        next++;
      }
      if (next === first) await new Promise((resolve) => setTimeout(resolve, 5));
    },
  };
  const settled = async (): Promise<void> => undefined;
  return settlement === 'watermark' ? { ...cursor, commit: settled } : { ...cursor, settle: settled };
}

function backlogEvent(partition: string, index: number): StoredEvent {
  return {
    // Every other event has a key that never comes again.
    key: `${partition}-${index % 2 === 0 ? index % 50 : index}`,
    value: new Uint8Array(100),
    headers: [],
    partition,
    position: String(index),
    timestamp: 0,
  };
}

it.each(['watermark', 'individual'] as const)(
  'holds no more of 1,000,000 stored events than it may, and no more at the end than at the beginning (%s)',
  async (settlement) => {
    const ledger = new Ledger();
    const total = partitions * perPartition;
    let handled = 0;
    let letters = 0;
    let end = (): void => undefined;
    const isOver = new Promise<void>((resolve) => (end = resolve));
    const heap: number[] = [];
    const finish = (stored: StoredEvent): void => {
      ledger.finish(stored);
      handled++;
      if (handled === total / 10 || handled === total) heap.push(heapInUse());
      if (handled === total) end();
    };
    const source: Source = {
      async run(listener, signal) {
        const lanes = Array.from({ length: partitions }, (_, index) => backlogLane(`p${index}`, ledger, settlement));
        for (const lane of lanes) listener.assigned(lane);
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        await Promise.all(lanes.map((lane) => listener.revoking(lane)));
      },
    };
    const engine = new Engine({
      topic: 'orders',
      group: 'billing',
      member: 'member-1',
      source,
      settlement,
      settings: resolveConsumerOptions({ group: 'billing', concurrency: 32, maxInFlight, commitInterval: 5 }),
      clock: systemClock,
      random: () => 0.5,
      async deadLetter(stored) {
        letters++;
        finish(stored);
      },
    });
    const running = engine.run((stored) => {
      const index = Number(stored.position);
      if (index % 997 === 0) throw new NonRetryableError('hopeless');
      if (index % 101 === 0) return new Promise<void>((resolve) => setImmediate(resolve)).then(() => finish(stored));
      finish(stored);
      return undefined;
    });
    await isOver;
    await engine.close(1_000);
    await running;

    expect(ledger.most.events).toBeLessThanOrEqual(maxInFlight.events);
    expect(ledger.most.bytes).toBeLessThanOrEqual(maxInFlight.bytes);
    // Vacuous if the room was never used.
    expect(ledger.most.events).toBeGreaterThan(maxInFlight.events / 2);
    expect([ledger.events, ledger.bytes, letters]).toEqual([0, 0, partitions * Math.ceil(perPartition / 997)]);
    expect(engine.inFlight).toEqual({ events: 0, bytes: 0 });
    const [early = 0, late = Infinity] = heap;
    // One number kept for each event would be 7 MB, its position 20 MB, the event itself 200 MB.
    expect(late - early).toBeLessThan(4_194_304);
  },
);
