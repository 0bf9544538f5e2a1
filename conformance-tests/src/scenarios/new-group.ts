import { atLeast } from '../checks/check.ts';
import { ofKind } from '../history/history.ts';
import type { Scenario } from '../run/scenario.ts';

const groups = ['first', 'second', 'third'] as const;

export const groupUnderLoad: Scenario = {
  id: 'start-replay/groups-are-made-under-load',
  title: 'groups that are made while events are written miss none of them',
  async run(stage) {
    const topic = stage.topic({ partitions: 4 });
    const producer = await stage.producer(topic);
    let goOn = true;
    const sending = stage.load.sendAll(producer, topic, {
      events: 1_500,
      keys: 50,
      perSecond: 1_000,
      goOn: () => goOn,
      // Three groups read it: what they have not read cannot be counted.
      mostUnread: -Infinity,
    });
    let before = 0;
    for (const group of groups) {
      await stage.until('some more are stored', () => ofKind(stage.history.arrivals, 'sent').length >= before + 300);
      before = ofKind(stage.history.arrivals, 'sent').length;
      await stage.member(topic, { group, handle: () => undefined });
    }
    await stage.until('all of them are at work', () =>
      groups.every((group) => stage.history.arrivals.some((entry) => entry.kind === 'settle' && entry.group === group)),
    );
    goOn = false;
    await sending;
    for (const group of groups) await stage.untilSettled(topic, group);
    const { entries } = stage.history;
    return {
      'enough traffic': atLeast('acknowledged events', ofKind(entries, 'sent').length, 1_500),
    };
  },
};
