import { queued } from '../checks/assignments.ts';
import { losesEverything } from '../checks/repeats.ts';
import { takenOver, trafficDuring } from '../checks/while-broken.ts';
import { because, type Scenario } from '../run/scenario.ts';
import { holds, leftBehind, steadyLoad, unfinished, untilDelivered } from './members-at-work.ts';

export const cutOff: Scenario = {
  id: 'groups/a-member-is-cut-off',
  title:
    'a member that the network cuts off, while others go on, starts nothing once its session is over, and comes back',
  breaks: 'one-member',
  timeoutMs: 180_000,
  without: because('a handler that is under way when its session ends runs on', 'single flight per key'),
  async run(stage) {
    const topic = stage.topic();
    const members = [
      // Few at once, so that what it has read lasts beyond its session.
      await stage.volatileMember(topic, { busyMs: 100, commitInterval: 50, concurrency: 2 }),
      await stage.volatileMember(topic, { busyMs: 5 }),
    ] as const;
    const [victim, other] = members;
    const load = steadyLoad(stage, topic, 600, 300);
    await Promise.all(members.map(({ name }) => untilDelivered(stage, name, 20)));
    const isSingle = stage.capabilities.settlement === 'individual';
    // Forty a second is what it handles.
    const least = 0.04 * 1.5 * stage.harness.sessionTimeoutMs;
    await stage.until('it has much to do', () => {
      const { arrivals } = stage.history;
      return unfinished(arrivals, victim.name) >= 1 && (isSingle || queued(arrivals, victim.name) >= least);
    });
    const learned = losesEverything(victim.name, 'cut off');
    const bit = takenOver(victim.name, 'cut off', 1);
    await stage.during('cut off', async () => {
      const reconnect = victim.cutOff();
      const elapsed = stage.stopwatch();
      await stage.until('the other has everything', () => {
        const { arrivals } = stage.history;
        if (bit(arrivals).length > 0) return false;
        return isSingle
          ? elapsed() > stage.harness.sessionTimeoutMs && leftBehind(arrivals, victim.name) === 0
          : holds(arrivals, other.name) === 8 && learned(arrivals).length === 0;
      });
      reconnect();
    });
    await stage.until('it has a share again', () => holds(stage.history.arrivals, victim.name) > 0);
    await load.end();
    await stage.untilSettled(topic);
    await Promise.all(members.map((member) => member.leave()));
    const { entries } = stage.history;
    return {
      // It is not told: it has to know from its own clock.
      'it knows while it is cut off': isSingle ? [] : learned(entries),
      'traffic during the fault': trafficDuring('cut off', 50)(entries),
      'the fault bit': bit(entries),
    };
  },
};
