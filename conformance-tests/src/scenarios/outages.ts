import {
  brokenConnections,
  commitsWaited,
  connectionsBroke,
  failedAsUnknown,
  sendsWaited,
} from '../checks/while-broken.ts';
import { ofKind } from '../history/history.ts';
import type { Scenario } from '../run/scenario.ts';
import { kept, underFault } from './under-fault.ts';

export const cutAndHeal: Scenario = {
  id: 'no-loss/the-network-swallows-everything',
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
    return {
      ...kept(stage, entries),
      'the fault bit': sendsWaited('fault', 1_000, 100)(entries),
    };
  },
};

export const resetStorm: Scenario = {
  id: 'no-loss/connections-keep-breaking',
  title: 'connections that break five times a second: nothing lost, nothing reordered',
  breaks: true,
  timeoutMs: 120_000,
  async run(stage) {
    const entries = await underFault(stage, { events: 3_000, perSecond: 400, isImpatient: true }, async () => {
      // Clients may take longer than that to connect again.
      const isEnough = (): boolean => brokenConnections(stage.history.arrivals) >= 20;
      for (let round = 0; round < 20 || (!isEnough() && round < 100); round++) {
        stage.cut();
        await stage.pause(200);
      }
    });
    return {
      ...kept(stage, entries),
      'the fault bit': [...connectionsBroke(20)(entries), ...failedAsUnknown(1)(entries)],
    };
  },
};

export const brokerRestart: Scenario = {
  id: 'no-loss/the-broker-dies',
  title: 'the broker dies and comes back: nothing lost, nothing reordered, nothing stored twice',
  breaks: 'restart',
  timeoutMs: 120_000,
  async run(stage) {
    const entries = await underFault(stage, { events: 3_000, perSecond: 400 }, async () => {
      await stage.pause(500);
      await stage.faults.restart();
    });
    return {
      ...kept(stage, entries),
      'the fault bit': sendsWaited('fault', 250, 50)(entries),
    };
  },
};

export const positionsDown: Scenario = {
  id: 'no-loss/positions-cannot-be-stored',
  title: 'while positions cannot be stored nothing is committed past what is settled, and later all is',
  breaks: true,
  timeoutMs: 120_000,
  async run(stage) {
    // Some events are in work at any time, which settle meanwhile.
    const entries = await underFault(stage, { events: 2_000, perSecond: 400, busyMs: 100 }, async () => {
      const undo = stage.faults.refuseCommits();
      await stage.pause(1_500);
      await undo();
    });
    return { ...kept(stage, entries), 'the fault bit': commitsWaited('fault')(stage.history.arrivals) };
  },
};

export const halfOpen: Scenario = {
  id: 'no-loss/connections-are-half-open',
  title:
    'connections whose other end is gone without a word are given up, and work goes on: nothing lost, nothing reordered',
  breaks: true,
  timeoutMs: 120_000,
  async run(stage) {
    const entries = await underFault(stage, { events: 3_000, perSecond: 300 }, async () => {
      const { length } = stage.history.arrivals;
      stage.halfOpen();
      // They are never healed: what is sent from now on arrives over others.
      await stage.until('work goes on', () => {
        const since = stage.history.arrivals.slice(length);
        const sent = new Set(ofKind(since, 'send').map(({ id }) => id));
        return ofKind(since, 'settle').filter(({ id, result }) => result === 'ok' && sent.has(id)).length >= 200;
      });
    });
    return {
      ...kept(stage, entries),
      'the fault bit': connectionsBroke(1)(entries),
    };
  },
};
