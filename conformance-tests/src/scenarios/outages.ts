import { commitsWaited, connectionsBroke, failedAsUnknown, sendsWaited } from '../checks/while-broken.ts';
import { ofKind } from '../history/history.ts';
import type { Scenario } from '../run/scenario.ts';
import { cutAgain, outage } from './under-fault.ts';

const timeoutMs = 120_000;

export const cutAndHeal: Scenario = outage({
  id: 'no-loss/the-network-swallows-everything',
  title: 'a network that swallows everything for a while: nothing lost, nothing reordered',
  timeoutMs,
  load: { events: 3_000, perSecond: 300 },
  async breakIt(stage) {
    await stage.pause(500);
    const undo = stage.faults.isolate();
    await stage.pause(stage.harness.sessionTimeoutMs * 2);
    await undo();
  },
  bit: sendsWaited('fault', 1_000, 100),
});

export const resetStorm: Scenario = outage({
  id: 'no-loss/connections-keep-breaking',
  title: 'connections that break five times a second: nothing lost, nothing reordered',
  timeoutMs,
  load: { events: 3_000, perSecond: 400, isImpatient: true },
  breakIt: (stage) => cutAgain(stage, 20, 200),
  bit: (entries) => [...connectionsBroke(20)(entries), ...failedAsUnknown(1)(entries)],
});

export const brokerRestart: Scenario = outage({
  id: 'no-loss/the-broker-dies',
  title: 'the broker dies and comes back: nothing lost, nothing reordered, nothing stored twice',
  breaks: 'restart',
  timeoutMs,
  load: { events: 3_000, perSecond: 400 },
  async breakIt(stage) {
    await stage.pause(500);
    await stage.faults.restart();
  },
  bit: sendsWaited('fault', 250, 50),
});

export const positionsDown: Scenario = outage({
  id: 'no-loss/positions-cannot-be-stored',
  title: 'while positions cannot be stored nothing is committed past what is settled, and later all is',
  timeoutMs,
  // Some events are in work at any time, which settle meanwhile.
  load: { events: 2_000, perSecond: 400, busyMs: 100 },
  async breakIt(stage) {
    const undo = stage.faults.refuseCommits();
    await stage.pause(1_500);
    await undo();
  },
  bit: (_, { history }) => commitsWaited('fault')(history.arrivals),
});

export const halfOpen: Scenario = outage({
  id: 'no-loss/connections-are-half-open',
  title:
    'connections whose other end is gone without a word are given up, and work goes on: nothing lost, nothing reordered',
  timeoutMs,
  load: { events: 3_000, perSecond: 300 },
  async breakIt(stage) {
    const { length } = stage.history.arrivals;
    stage.halfOpen();
    // They are never healed: what is sent from now on arrives over others.
    await stage.until('work goes on', () => {
      const since = stage.history.arrivals.slice(length);
      const sent = new Set(ofKind(since, 'send').map(({ id }) => id));
      return ofKind(since, 'settle').filter(({ id, result }) => result === 'ok' && sent.has(id)).length >= 200;
    });
  },
  bit: connectionsBroke(1),
});
