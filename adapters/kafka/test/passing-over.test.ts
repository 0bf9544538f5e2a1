import { CollectedPage } from '@isostream/core/adapter';
import { describe, expect, it } from 'vitest';
import { PartitionCursor } from '../src/consume/partition-cursor.ts';
import { KafkaAssignment } from '../src/consume/assignment.ts';
import { FetchedRecords } from '../src/client/fetched-records.ts';
import { Unpacker } from '../src/client/unpacker.ts';
import { batch, record } from './support/batches.ts';

const never = new AbortController().signal;

/** An assignment on a log that is given in pieces, and the commits that it made. */
function newLane() {
  const cursor = new PartitionCursor(0, 0n);
  const commits: bigint[] = [];
  const waiting: (() => void)[] = [];
  const assignment = new KafkaAssignment({
    cursor,
    fetcher: { pump: () => undefined, unreadable: async () => undefined, unpacker: new Unpacker(1_000) },
    fencingToken: '1',
    isHeld: () => true,
    commit: (next) => {
      commits.push(next);
      return new Promise((resolve) => waiting.push(resolve));
    },
  });
  return {
    assignment,
    commits,
    /** Answers all commits. */
    stored: async () => {
      await new Promise(setImmediate);
      for (const resolve of waiting.splice(0)) resolve();
      await new Promise(setImmediate);
    },
    /** Reads on after a fetch brought this. */
    fetched: async (...batches: readonly Buffer[]) => {
      const page = new CollectedPage();
      const reading = assignment.read(page, never);
      const records = new FetchedRecords(0, Buffer.concat(batches), []);
      cursor.received({ topic: 't', partition: 0, error: 0, end: 1_000n, logStart: 0n, nearest: -1, records });
      await reading;
      return page.events.map(({ position }) => position);
    },
    cursor,
  };
}

const events = (base: number, count: number): Buffer =>
  batch(
    Array.from({ length: count }, () => record('v')),
    { base },
  );
const mark = (base: number): Buffer => batch([record('m')], { base, isControl: true, isTransactional: true });

describe('what holds no event', () => {
  it('is passed over by the group once everything before it is settled', async () => {
    const { assignment, commits, fetched, stored } = newLane();
    expect(await fetched(events(0, 1))).toEqual(['0']);
    expect(await fetched(mark(1), mark(2))).toEqual([]);
    expect(commits).toEqual([]);
    const settling = assignment.commit({ partition: '0', position: '0' });
    await stored();
    await settling;
    expect(commits).toEqual([3n]);
    expect(await fetched(mark(3))).toEqual([]);
    expect(commits).toEqual([3n, 4n]);
  });

  it('is passed over in a partition that holds nothing else', async () => {
    const { commits, fetched } = newLane();
    await fetched(mark(0), mark(1));
    expect(commits).toEqual([2n]);
  });

  it('is passed over one commit at a time, the last of them for all that came meanwhile', async () => {
    const { assignment, commits, fetched, stored } = newLane();
    await fetched(mark(0));
    await fetched(mark(1));
    await fetched(mark(2));
    expect(commits).toEqual([1n]);
    await stored();
    expect(commits).toEqual([1n, 3n]);
    await fetched(events(3, 2));
    const settling = assignment.commit({ partition: '0', position: '3' });
    expect(commits).toEqual([1n, 3n]);
    await stored();
    await stored();
    await settling;
    expect(commits).toEqual([1n, 3n, 4n]);
  });

  it('is not passed over while an event before it is open, or is still at hand', async () => {
    const { assignment, commits, fetched, stored, cursor } = newLane();
    expect(await fetched(events(0, 2), mark(2))).toEqual(['0', '1']);
    const first = assignment.commit({ partition: '0', position: '0' });
    await stored();
    await first;
    expect(commits).toEqual([1n]);

    const records = new FetchedRecords(0, Buffer.concat([events(3, 1), mark(4)]), []);
    cursor.received({ topic: 't', partition: 0, error: 0, end: 5n, logStart: 0n, nearest: -1, records });
    const second = assignment.commit({ partition: '0', position: '1' });
    await stored();
    await second;
    expect(commits).toEqual([1n, 2n]);
  });

  it('is not passed over behind a gap, which nobody has agreed to yet', async () => {
    const { assignment, commits, fetched, stored, cursor } = newLane();
    await fetched(events(0, 1));
    cursor.expired(40n);
    const page = new CollectedPage();
    await assignment.read(page, never);
    expect(page.gaps).toMatchObject([{ to: '40' }]);
    const settling = assignment.commit({ partition: '0', position: '0' });
    await stored();
    await settling;
    await fetched(mark(40));
    expect(commits).toEqual([1n]);
  });
});
