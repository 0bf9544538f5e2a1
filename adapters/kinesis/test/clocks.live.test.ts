// Time of day decides nothing but what a timestamp means, and there it is the service's.
import { type KinesisEmulator, startKinesis } from '@isostream/emulators';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { GroupUnderTest } from './support/group-under-test.ts';
import { startKinesalite } from './support/kinesalite.ts';

const minute = 60_000;

afterEach(() => vi.restoreAllMocks());

/** The time of day of this process, and of services in it. */
function moveClock(ms: number): void {
  const now = Date.now.bind(Date);
  vi.spyOn(Date, 'now').mockImplementation(() => now() + ms);
}

describe('where an hour passes in a moment', () => {
  let service: KinesisEmulator;
  beforeAll(async () => {
    // In this process; it expires iterators as AWS does.
    service = await startKinesalite();
  });
  afterAll(() => service.stop());

  it('a member goes on where it was with iterators that have expired, and repeats nothing', async () => {
    await using group = await GroupUnderTest.create(service, 2);
    const member = await group.join('one');
    await group.send(10, 2);
    await group.untilAllSeen();
    member.consumer.pause();
    await group.send(10, 2);

    moveClock(60 * minute);
    member.consumer.resume();
    await group.send(10, 2);
    await group.untilAllSeen();
    expect(group.inversions).toEqual([]);
    expect(group.seen).toHaveLength(group.sent);
  });
});

describe('where this machine’s clock jumps, and the service’s does not', () => {
  let service: KinesisEmulator;
  beforeAll(async () => {
    service = await startKinesis({ mode: 'native' });
  });
  afterAll(() => service.stop());

  it.each([-40, 40])('by %d minutes, a member keeps its shards and a group that stopped goes on', async (minutes) => {
    await using group = await GroupUnderTest.create(service, 2);
    const member = await group.join('one');
    await group.until('it has both shards', () => member.consumer.assignments.length === 2);
    await group.send(10, 1);
    await group.untilAllSeen();

    moveClock(minutes * minute);
    await group.send(10, 1);
    await group.untilAllSeen();
    await member.consumer.close();
    await group.send(10, 1);
    await group.join('two');
    await group.untilAllSeen();
    expect(group.seen).toHaveLength(group.sent);
    expect(group.inversions).toEqual([]);
  });

  it.each([-40, 40])('by %d minutes, the latest event is still the latest', async (minutes) => {
    await using group = await GroupUnderTest.create(service, 2);
    await group.send(10, 1);
    moveClock(minutes * minute);
    const member = await group.join('one', { from: 'latest' });
    await group.until('it has both shards', () => member.consumer.assignments.length === 2);
    await group.send(10, 1);

    await group.until('what is new is seen', () => group.seen.length >= 10);
    expect(group.seen.map(({ n }) => n)).toEqual(Array.from({ length: 10 }, () => 2));
    const lags = await group.adapter.admin.lag(group.topic.name, 'g');
    for (const { ms = Infinity } of lags) expect(ms).toBeLessThan(minute);
  });
});
