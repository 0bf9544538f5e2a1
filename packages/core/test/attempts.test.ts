import { expect, it } from 'vitest';
import { Attempts } from '../src/consume/attempts.ts';
import { InFlight } from '../src/consume/in-flight.ts';
import { LaneState } from '../src/consume/lane-state.ts';
import { Attempt, Task } from '../src/consume/task.ts';
import { ManualClock } from './support/manual-clock.ts';
import { ScriptedAssignment } from './support/scripted-source.ts';

it('ends an attempt at its time, also where that is no whole number of milliseconds', async () => {
  const clock = new ManualClock();
  const ended: Attempt[] = [];
  const attempts: Attempts = new Attempts(clock, 60, (attempt) => {
    ended.push(attempt);
    attempts.remove(attempt);
  });
  // 0.4 + 60 - 60 is less than 0.4.
  await clock.advance(0.4);
  const lane = new ScriptedAssignment('0', '1');
  const state = new LaneState(lane.seen, 1, 'watermark', new InFlight(1, 1));
  const task = new Task(lane.stored('a1'), state, 0, 1, undefined);
  attempts.add(new Attempt(task, 'orders', 'billing', clock.monotonic()));
  await clock.advance(60);

  expect(ended).toHaveLength(1);
  expect(clock.pending).toBe(0);
});
