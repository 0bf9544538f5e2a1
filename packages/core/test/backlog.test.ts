import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventBacklog } from '../src/consume/backlog.ts';
import { CollectedPage } from '../src/consume/collected-page.ts';
import type { Gap, EventPage } from '../src/contract/source.ts';
import type { StoredEvent } from '../src/model/encoded.ts';

function stored(position: string, bytes = 1): StoredEvent {
  return { partition: '0', position, timestamp: 0, key: null, value: new Uint8Array(bytes), headers: [] };
}

const gap: Gap = { from: '3', to: '5', missing: 2 };

/** What came onto pages, in order: positions, and `gap`. */
function recorder(room: () => boolean = () => true): { readonly page: EventPage; readonly told: string[] } {
  const told: string[] = [];
  const page: EventPage = {
    add(event) {
      const fits = room();
      if (fits) told.push(event.position);
      return fits;
    },
    gap: () => void told.push('gap'),
    end: () => void told.push('end'),
  };
  return { page, told };
}

describe('a backlog', () => {
  it('hands over in order what finds room, keeps the rest, and says what went', () => {
    const backlog = new EventBacklog();
    backlog.add([stored('1'), stored('2')]);
    backlog.gap(gap);
    backlog.add([stored('5')]);
    const first = new CollectedPage({ events: 1 });
    expect(backlog.handTo(first).map(({ position }) => position)).toEqual(['1']);
    expect([first.gaps, backlog.isEmpty]).toEqual([[], false]);

    const { page, told } = recorder();
    backlog.handTo(page);
    expect([told, backlog.isEmpty]).toEqual([['2', 'gap', '5'], true]);
    expect(backlog.handTo(page)).toEqual([]);
  });

  it('makes no more events than there is room for, and one', () => {
    let made = 0;
    function* events(): Generator<StoredEvent> {
      for (;;) yield stored(String(++made));
    }
    const backlog = new EventBacklog();
    backlog.add(events());
    expect(made).toBe(0);
    backlog.handTo(new CollectedPage({ events: 3 }));
    expect(made).toBe(4);
  });

  it('gives back all that was at hand when it is cleared, also what found no room', () => {
    const backlog = new EventBacklog();
    backlog.add([stored('1'), stored('2'), stored('3')]);
    backlog.gap(gap);
    backlog.add([stored('5')]);
    backlog.handTo(new CollectedPage({ events: 1 }));
    expect(backlog.clear().map(({ position }) => position)).toEqual(['2', '3', '5']);
    expect(backlog.isEmpty).toBe(true);
  });

  it('hands everything over once and in order, however the room is cut', () => {
    const batch = fc.oneof(fc.nat(5), fc.constant('gap' as const));
    fc.assert(
      fc.property(fc.array(batch, { maxLength: 8 }), fc.array(fc.nat(4), { minLength: 1 }), (batches, rooms) => {
        const backlog = new EventBacklog();
        const expected: string[] = [];
        for (const each of batches) {
          if (each === 'gap') {
            backlog.gap(gap);
            expected.push('gap');
          } else {
            const names = Array.from({ length: each }, (_, index) => `${expected.length}/${index}`);
            backlog.add(names.map((name) => stored(name)));
            expected.push(...names);
          }
        }
        const seen: string[] = [];
        for (let read = 0; !backlog.isEmpty && read < 1_000; read++) {
          let free = (rooms[read % rooms.length] ?? 0) + (read % 2);
          const { page, told } = recorder(() => free-- > 0);
          backlog.handTo(page);
          seen.push(...told);
        }
        expect(seen).toEqual(expected);
      }),
    );
  });
});

describe('a page in memory', () => {
  it('takes so many events, and so many bytes or one event that is larger', () => {
    const few = new CollectedPage({ events: 2 });
    expect([few.add(stored('1')), few.add(stored('2')), few.add(stored('3')), few.room]).toEqual([
      true,
      true,
      false,
      0,
    ]);
    const small = new CollectedPage({ bytes: 100 });
    expect([small.add(stored('1', 500)), small.add(stored('2'))]).toEqual([true, false]);
    expect(new CollectedPage({ events: 0 }).add(stored('1'))).toBe(false);
  });
});
