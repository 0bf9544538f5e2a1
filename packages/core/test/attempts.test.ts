import { expect, it } from 'vitest';
import { Attempts } from '../src/consume/attempts.ts';
import { Attempt } from '../src/consume/attempt.ts';
import { Task, type Holding } from '../src/consume/task.ts';
import { ManualClock } from './support/manual-clock.ts';
import { ScriptedAssignment } from './support/scripted-source.ts';

const nothing = (): void => undefined;
const held: Holding = {
  partition: '0',
  number: 1,
  fencingToken: '1',
  isHeld: true,
  isGone: false,
  isHurried: false,
  begin: nothing,
  end: nothing,
  start: nothing,
  settle: nothing,
  leave: nothing,
};

it('ends an attempt at its time, also where that is no whole number of milliseconds', async () => {
  const clock = new ManualClock();
  const ended: Attempt[] = [];
  const attempts: Attempts = new Attempts(
    clock,
    (attempt) => {
      ended.push(attempt);
      attempts.remove(attempt);
    },
    60,
  );
  // 0.4 + 60 - 60 is less than 0.4.
  await clock.advance(0.4);
  const task = new Task(new ScriptedAssignment('0', '1').stored('a1'), held, 0, 1, undefined);
  attempts.add(new Attempt(task, 'orders', 'billing', clock.monotonic()));
  await clock.advance(60);

  expect(ended).toHaveLength(1);
  expect(clock.pending).toBe(0);
});
