import { expect, test } from 'vitest';
import {
  commitsWaited,
  connectionsBroke,
  nothingSettledBy,
  sendsWaited,
  sendsWaiting,
  sentUnderFault,
  takenOver,
  trafficDuring,
} from '../src/checks/while-broken.ts';
import type { Entry } from '../src/history/entry.ts';
import { Story } from '../src/history/story.ts';

/** What was told happens while the network is down. */
function whileDown(tell: (story: Story) => Story): Story {
  const before = new Story().sent('a#0').add({ kind: 'fault', name: 'outage', edge: 'start' });
  return tell(before).add({ kind: 'fault', name: 'outage', edge: 'end' });
}

test('traffic before and after a fault is none during it', () => {
  const busy = whileDown((story) => story.sent('b#0', 'c#0')).sent('d#0').entries;
  expect(trafficDuring('outage', 2)(busy)).toEqual([]);
  expect(trafficDuring('outage', 3)(busy)).toHaveLength(1);
  expect(trafficDuring('another', 1)(busy)).toHaveLength(1);
  expect(sentUnderFault(busy)).toBe(2);
});

test('connections that break while nothing is under way show nothing', () => {
  const quiet = new Story().add({ kind: 'broken', connections: 3 });
  expect(connectionsBroke(3)(quiet.entries)).toHaveLength(1);
  const busy = quiet.add({ kind: 'doubt', topic: 't', events: 2 }).entries;
  expect(connectionsBroke(3)(busy)).toEqual([]);
  expect(connectionsBroke(4)(busy)).toHaveLength(1);
});

test('a fault during which sends are answered as ever did not bite', () => {
  const harmless = whileDown((story) => story.sent('b#0', 'c#0').wait(500)).entries;
  expect(sendsWaited('outage', 100, 1)(harmless)).toHaveLength(1);
  const silent = whileDown((story) => story.send('b#0').wait(500)).acknowledge('b#0').entries;
  expect(sendsWaited('outage', 100, 1)(silent)).toEqual([]);
  const never = whileDown((story) => story.send('b#0').wait(500)).entries;
  expect(sendsWaited('outage', 100, 1)(never)).toEqual([]);
});

test('a fault during which positions are stored, or none had to be, did not bite', () => {
  const stored = whileDown((story) => story.commit(0)).entries;
  expect(commitsWaited('outage')(stored)).toHaveLength(2);
  expect(commitsWaited('outage')(whileDown((story) => story).entries)).toHaveLength(1);
  const failed = whileDown((story) => story.commitFailed('unavailable')).entries;
  expect(commitsWaited('outage')(failed)).toEqual([]);
  // It began while the network was down, and is known only afterwards.
  const [, begun] = whileDown((story) => story.commit(0).wait(50)).entries.toReversed();
  const late = [...whileDown((story) => story.wait(50)).entries, ...(begun === undefined ? [] : [begun])];
  expect(commitsWaited('outage')(late)).toEqual([]);
  expect(commitsWaited('another')(stored)).toHaveLength(1);
});

test('a member that settles after its death is alive', () => {
  const dead = new Story().sent('a#0').mark('crashed');
  expect(nothingSettledBy('m1', 'crashed')(dead.entries)).toEqual([]);
  expect(nothingSettledBy('m1', 'buried')(dead.entries)).toHaveLength(1);
  expect(nothingSettledBy('m1', 'crashed')(dead.handled('a#0').entries)).toHaveLength(1);
});

test('a frozen member from which nobody takes anything was not frozen for long', () => {
  const given = (other: string): readonly Entry[] => {
    const before = new Story().sent('a#0', 'b#0').deliver('a#0', { member: 'm1' }).handled('b#0');
    const frozen = before
      .add({ kind: 'fault', name: 'freeze', edge: 'start' })
      .deliver('a#0', { member: other, assignment: 2 });
    return frozen.deliver('b#0', { member: 'm2' }).add({ kind: 'fault', name: 'freeze', edge: 'end' }).entries;
  };
  expect(takenOver('m1', 'freeze', 1)(given('m2'))).toEqual([]);
  expect(takenOver('m1', 'freeze', 1)(given('m1'))).toHaveLength(1);
  expect(takenOver('m1', 'another', 1)(given('m2'))).toHaveLength(1);
});

test('a send waits until it is answered, and by now where it is not', () => {
  const story = whileDown((down) => down.send('b#0').send('c#0').wait(200).acknowledge('b#0').wait(200));
  const at = story.entries.at(-1)?.at ?? 0;
  expect([100, 300, 500].map((ms) => sendsWaiting(story.entries, 'outage', ms, at))).toEqual([2, 1, 0]);
  expect(sendsWaiting(new Story().send('a#0').entries, 'outage', 0, 1)).toBe(0);
});
