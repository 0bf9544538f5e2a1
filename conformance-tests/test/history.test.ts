import { describe, expect, it } from 'vitest';
import type { Entry } from '../src/history/entry.ts';
import { byGroup, History, ofGroup } from '../src/history/history.ts';

describe('a history', () => {
  it('keeps every entry in the order it came, duplicates as well', () => {
    const history = new History();
    for (const name of ['b', 'a', 'b']) history.record({ kind: 'mark', name });

    expect(history.of('mark').map(({ name }) => name)).toEqual(['b', 'a', 'b']);
    const times = history.entries.map(({ at }) => at);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect([history.count('mark'), history.count('sent')]).toEqual([3, 0]);
  });

  it('knows an event by its place once its sender or a handler told', () => {
    const history = new History();
    history.record({ kind: 'sent', topic: 't', id: 'a#0', partition: '3', position: '7' });

    expect(history.idAt('t', '3', '7')).toBe('a#0');
    expect(history.idAt('u', '3', '7')).toBe('u/3/7');
  });

  it('takes the entries of another process where they happened, and names a letter by what is known here', () => {
    const told: Entry[] = [];
    const history = new History((entry) => told.push(entry));
    history.record({ kind: 'sent', topic: 't', id: 'a#0', partition: '3', position: '7' });
    const at = history.entries[0]?.at ?? 0;
    history.receive({ at: at - 5, kind: 'mark', name: 'earlier' });
    history.receive({
      at: at + 5,
      kind: 'dead',
      topic: 't',
      group: 'g',
      id: 't/3/7',
      attempts: 1,
      code: 'undecodable',
    });

    expect(history.entries).toMatchObject([{ name: 'earlier' }, { kind: 'sent' }, { kind: 'dead', id: 'a#0' }]);
    expect(history.arrivals.map(({ kind }) => kind)).toEqual(['sent', 'mark', 'dead']);
    expect(told.map(({ kind }) => kind)).toEqual(['sent']);
  });

  it('is told apart by group and topic; what belongs to no group belongs to all', () => {
    const ownership = { member: 'm', partition: '0', assignment: 1 };
    const entries: Entry[] = [
      { at: 1, kind: 'send', topic: 't', id: 'a#0', key: 'a', seq: 0, sender: 'p' },
      { at: 2, kind: 'assign', topic: 't', group: 'g', ...ownership },
      { at: 3, kind: 'assign', topic: 't', group: 'h', ...ownership },
      { at: 4, kind: 'assign', topic: 'u', group: 'g', ...ownership },
      { at: 5, kind: 'mark', name: 'x' },
    ];

    expect(ofGroup(entries, 't', 'g').map(({ at }) => at)).toEqual([1, 2, 5]);
    expect(byGroup(entries).map((own) => own.map(({ at }) => at))).toEqual([
      [1, 2, 5],
      [1, 3, 5],
      [4, 5],
    ]);
  });
});
