import { describe, expect, it } from 'vitest';
import type { Gap, EventPage } from '../src/contract/source.ts';
import type { StoredEvent } from '../src/model/encoded.ts';
import { InFlight, Room } from '../src/consume/in-flight.ts';
import { ReadPage } from '../src/consume/read-page.ts';
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
});

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
