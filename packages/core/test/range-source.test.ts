import { expect, it } from 'vitest';
import { CollectedPage } from '../src/consume/collected-page.ts';
import type { Assignment, OpenRange, RangeCursor, SourceListener } from '../src/contract/source.ts';
import { StreamError } from '../src/errors/stream-error.ts';
import { Warnings } from '../src/observe/warnings.ts';
import { RangeSource } from '../src/streams/range-source.ts';
import { ManualClock, settled } from './support/manual-clock.ts';
import { gate, watch } from './support/open-engine.ts';

const away = new StreamError('unavailable', 'no broker', { where: 'scripted' });

/** A range of empty partitions, each with those that come before it, and what is told of them. */
function scripted(partitions: Readonly<Record<string, readonly string[]>>, open?: () => Promise<void>) {
  const clock = new ManualClock();
  const leave = new AbortController();
  const told: string[] = [];
  const assigned = new Map<string, Assignment>();
  const range: OpenRange = {
    cursors: Object.entries(partitions).map(([partition, after]): RangeCursor => ({
      partition,
      after,
      read: async (page) => page.end(),
    })),
    close: async () => void told.push('closed'),
  };
  const listener: SourceListener = {
    assigned(assignment) {
      told.push(`assigned ${assignment.partition}`);
      assigned.set(assignment.partition, assignment);
    },
    revoking: async ({ partition }) => void told.push(`revoking ${partition}`),
    lost: () => undefined,
  };
  const source = new RangeSource(
    async () => {
      told.push('open');
      await open?.();
      return range;
    },
    { what: 'a replay', where: 'scripted', warnings: new Warnings('scripted', clock), clock },
  );
  const running = source.run(listener, leave.signal);
  return {
    clock,
    leave,
    told,
    running,
    state: watch(running),
    /** Reads the partition to its end. */
    end: async (partition: string) => {
      await assigned.get(partition)?.read(new CollectedPage(), leave.signal);
      await settled();
    },
  };
}

it('a range is opened anew until the service answers', async () => {
  let fails = 2;
  const { clock, told, state } = scripted({ a: [] }, async () => {
    if (fails-- > 0) throw away;
  });
  await clock.advance(5_000);
  expect(told).toEqual(['open', 'open', 'open', 'assigned a']);
  expect(state.state).toBe('pending');
});

it('a range that is refused is not tried again', async () => {
  const refused = new StreamError('unknown-topic', 'gone', { where: 'scripted' });
  const { told, running } = scripted({ a: [] }, () => Promise.reject(refused));
  await expect(running).rejects.toBe(refused);
  expect(told).toEqual(['open']);
});

it('what continues others is read once those of the range have ended, and the range ends with the last', async () => {
  const { told, state, end } = scripted({ d: ['b', 'c'], b: ['a'], c: ['a'], a: ['forgotten'] });
  await settled();
  expect(told).toEqual(['open', 'assigned a']);
  await end('a');
  await end('c');
  expect(told.slice(2)).toEqual(['assigned b', 'assigned c']);
  await end('b');
  expect(state.state).toBe('pending');
  await end('d');
  expect(told.slice(4)).toEqual(['assigned d', 'closed']);
  expect(state.state).toBe('resolved');
});

it('a range of nothing ends at once', async () => {
  const { told, running } = scripted({});
  await running;
  expect(told).toEqual(['open', 'closed']);
});

it('a range that is given up is drained and closed, and what waited is never begun', async () => {
  const { told, running, leave } = scripted({ a: [], b: ['a'] });
  await settled();
  leave.abort();
  await running;
  expect(told).toEqual(['open', 'assigned a', 'revoking a', 'closed']);
});

it('a range that opens after it was given up is closed', async () => {
  const opening = gate();
  const { told, leave, state } = scripted({ a: [] }, () => opening.promise);
  leave.abort();
  await settled();
  expect(state.state).toBe('pending');
  opening.open();
  await settled();
  expect(told).toEqual(['open', 'closed']);
  expect(state.state).toBe('resolved');
});
