import { atLeast } from '../checks/check.ts';
import { repeatsAreUncommitted } from '../checks/repeats.ts';
import type { Scenario } from '../run/scenario.ts';
import { kept, underFault } from './under-fault.ts';

export const cutAndHeal: Scenario = {
  id: 'J1',
  clause: 'NO-LOSS',
  title: 'a network that swallows everything for a while: nothing lost, nothing reordered',
  breaks: true,
  timeoutMs: 120_000,
  async run(stage) {
    const entries = await underFault(stage, { events: 3_000, perSecond: 300 }, async () => {
      await stage.pause(500);
      const undo = stage.faults.isolate();
      await stage.pause(stage.harness.sessionTimeoutMs * 2);
      await undo();
    });
    return { ...kept(stage, entries), 'repeats were uncommitted': repeatsAreUncommitted(entries) };
  },
};

export const resetStorm: Scenario = {
  id: 'J2',
  clause: 'NO-LOSS',
  title: 'connections that break five times a second: nothing lost, nothing reordered',
  breaks: true,
  timeoutMs: 120_000,
  async run(stage) {
    let cuts = 0;
    const entries = await underFault(stage, { events: 3_000, perSecond: 400 }, async () => {
      // Clients may take longer than that to connect again.
      for (let round = 0; round < 20 || (cuts < 20 && round < 100); round++) {
        cuts += stage.faults.cut();
        await stage.pause(200);
      }
    });
    return {
      ...kept(stage, entries),
      'repeats were uncommitted': repeatsAreUncommitted(entries),
      'the fault bit': atLeast('broken connections', cuts, 20),
    };
  },
};

export const brokerRestart: Scenario = {
  id: 'J3',
  clause: 'NO-LOSS',
  title: 'the broker dies and comes back: nothing lost, nothing reordered, nothing stored twice',
  breaks: true,
  timeoutMs: 120_000,
  async run(stage) {
    const entries = await underFault(stage, { events: 3_000, perSecond: 400 }, async () => {
      await stage.pause(500);
      await stage.faults.restart();
    });
    return { ...kept(stage, entries), 'repeats were uncommitted': repeatsAreUncommitted(entries) };
  },
};

export const positionsDown: Scenario = {
  id: 'J4',
  clause: 'NO-LOSS',
  title: 'while positions cannot be stored nothing is committed past what is settled, and later all is',
  breaks: true,
  timeoutMs: 120_000,
  async run(stage) {
    const entries = await underFault(stage, { events: 2_000, perSecond: 400 }, async () => {
      const undo = stage.faults.refuseCommits();
      await stage.pause(1_500);
      await undo();
    });
    return kept(stage, entries);
  },
};
