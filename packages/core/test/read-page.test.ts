import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Gap, EventPage } from '../src/contract/source.ts';
import type { StoredEvent } from '../src/model/encoded.ts';
import { InFlight, Room } from '../src/consume/in-flight.ts';
import { ReadPage } from '../src/consume/read-page.ts';
import { heapInUse } from './support/heap.ts';
import { settled } from './support/manual-clock.ts';
import { openEngine } from './support/open-engine.ts';

function stored(position: string): StoredEvent {
  return { partition: '0', position, timestamp: 0, key: null, value: new Uint8Array(10), headers: [] };
}

const gap: Gap = { from: '3', to: '5', missing: 2 };

describe('the page of a read', () => {
  it('takes nothing once the read has ended: an adapter that goes on filling it takes no room', () => {
    const inFlight = new InFlight(2, 1_000);
    const page: EventPage & ReadPage = new ReadPage(new Room(inFlight));
    expect([page.room, page.add(stored('1'))]).toEqual([2, true]);
    page.close();
    expect([inFlight.events, page.add(stored('2')), page.room, inFlight.events]).toEqual([0, false, 0, 0]);
  });

  it('gives back the room of what nobody claimed, and of nothing else', () => {
    const inFlight = new InFlight(5, 1_000);
    const page = new ReadPage(new Room(inFlight));
    for (const position of ['1', '2']) page.add(stored(position));
    page.gap(gap);
    page.add(stored('5'));
    const claimed: string[] = [];
    page.claim(
      ({ position }) => void claimed.push(position),
      () => false,
    );
    expect([claimed, page.unclaimed.map(({ position }) => position)]).toEqual([['1', '2'], ['5']]);
    expect([page.close(), inFlight.events]).toEqual([true, 2]);
  });

  it('keeps nothing once it is closed, and gives back nothing twice', () => {
    const inFlight = new InFlight(5, 1_000);
    const page = new ReadPage(new Room(inFlight));
    for (const position of ['1', '2']) page.add(stored(position));
    page.gap(gap);
    expect([page.close(), page.close(), inFlight.events, page.unclaimed]).toEqual([true, false, 0, []]);
    page.gap(gap);
    const told: string[] = [];
    page.claim(
      ({ position }) => void told.push(position),
      () => told.push('gap') > 0,
    );
    expect(told).toEqual([]);
  });

  it('that is filled when its assignment is not read any more keeps no turn from the others', () => {
    const inFlight = new InFlight(5, 50);
    const [closed, other] = [new Room(inFlight), new Room(inFlight)];
    const page = new ReadPage(closed);
    expect(other.take(10)).toBe(true);
    closed.close();
    expect(page.add({ ...stored('1'), value: new Uint8Array(100) })).toBe(false);
    page.close();
    expect([other.isOpen, other.take(10)]).toEqual([true, true]);
  });
});

it('an assignment that waits, or has ended, keeps none of the events that are settled', async () => {
  const { source } = openEngine({}, { process: () => undefined });
  const values: WeakRef<object>[] = [];
  source.listener.assigned({
    partition: '0',
    fencingToken: '1',
    async read(page) {
      for (const position of ['1', '2']) {
        const event = stored(position);
        if (event.value !== null) values.push(new WeakRef(event.value));
        page.add(event);
      }
      page.end();
    },
    commit: async () => undefined,
  });
  await settled();
  expect(values).toHaveLength(2);
  await nextTurn();
  heapInUse();
  expect(values.filter((value) => value.deref() !== undefined)).toEqual([]);
});

it.each(['continue', 'stop'] as const)(
  'nothing is started from behind a gap whose subscriber closes the consumer (onExpired: %s)',
  async (onExpired) => {
    const { source, engine, started, running } = openEngine({ onExpired });
    const closing: Promise<void>[] = [];
    const close = (): void => void closing.push(engine.close(1_000));
    subscribe('isostream:consume:gap', close);
    try {
      source.listener.assigned({
        partition: '0',
        fencingToken: '1',
        async read(page) {
          page.gap(gap);
          page.add(stored('5'));
        },
        commit: async () => undefined,
      });
      await settled();
    } finally {
      unsubscribe('isostream:consume:gap', close);
    }
    expect([started(), closing.length]).toEqual([[], 1]);
    await Promise.allSettled([running, ...closing]);
  },
);

it('a consumer that stops at a gap finishes what came on the same page before it, and starts nothing from behind it', async () => {
  const { source, call, started, running } = openEngine({ onExpired: 'stop' });
  const commits: string[] = [];
  let isRead = false;
  source.listener.assigned({
    partition: '0',
    fencingToken: '1',
    async read(page, signal) {
      if (isRead) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      if (isRead) return;
      isRead = true;
      page.add(stored('1'));
      page.gap(gap);
      page.add(stored('5'));
    },
    commit: async ({ position }) => void commits.push(position),
  });
  await settled();
  expect(started()).toEqual(['1']);
  await call('1').ok();
  await expect(running).rejects.toMatchObject({ code: 'position-expired' });
  expect([started(), commits]).toEqual([['1'], ['1']]);
});
