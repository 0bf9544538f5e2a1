import { exclusive, noSendFailed } from '../checks/delivery.ts';
import { sendsWaited, sendsWaiting } from '../checks/while-broken.ts';
import { now, ofKind } from '../history/history.ts';
import type { Scenario } from '../run/scenario.ts';
import { outage } from './under-fault.ts';

/** More than any service takes here for a write that it does at once. */
const longMs = 500;

export const throttling: Scenario = outage({
  id: 'send/the-service-throttles',
  title: 'a service that refuses what is too much for it makes sends wait, and nothing fail',
  breaks: 'throttling',
  load: { events: 800, perSecond: 300 },
  async breakIt(stage) {
    const undo = await stage.faults.throttle?.();
    const sends = (): number => ofKind(stage.history.arrivals, 'send').length;
    // One that fails what it should hold back has nothing that waits.
    const most = sends() + 1_500;
    await stage.until(
      'sends waited',
      () => sends() > most || sendsWaiting(stage.history.arrivals, 'fault', longMs, now()) >= 200,
    );
    await undo?.();
  },
  bit: sendsWaited('fault', longMs, 100),
  also: (entries) => ({ 'no send failed': noSendFailed(entries), 'exactly once': exclusive(entries) }),
});
