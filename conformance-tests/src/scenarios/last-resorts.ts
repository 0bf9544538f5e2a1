import { atLeast } from '../checks/check.ts';
import { overlaps } from '../checks/order.ts';
import { deadLettersOf } from '../checks/retry.ts';
import { ofKind } from '../history/history.ts';
import { because, type Scenario } from '../run/scenario.ts';
import { fails } from './refusals.ts';

const events = 40;
const retry = { attempts: 2, backoff: { initial: 5, max: 5 } } as const;

export const skipAndStop: Scenario = {
  id: 'retry/skip-and-stop',
  title:
    'an event that fails permanently is passed over with skip, and ends its consumer with stop; neither writes a letter',
  without: because(
    'a member whose handlers are not recorded began',
    'all delivered',
    'after predecessors',
    'contiguous commits',
  ),
  async run(stage) {
    const topic = stage.topic({ partitions: 1 });
    const producer = await stage.producer(topic);
    await stage.load.sendAll(producer, topic, { events, keys: 5 });
    const failing = (id: string): void => {
      if (id.startsWith('k1#')) throw new Error('never');
    };
    const { streams } = await stage.client([topic]);
    const skipping = streams.consumer(topic, { group: 'skip', retry, onFailure: 'skip' });
    let attempts = 0;
    const passed = new Set<string>();
    const skipped = skipping.run(({ id }) => {
      passed.add(id);
      if (id.startsWith('k1#')) attempts++;
      failing(id);
    });
    const first = streams.consumer(topic, { group: 'g', retry, onFailure: 'stop' });
    const seen = new Set<string>();
    const stopped = await fails('handler-failed', () =>
      first.run(({ id }) => {
        // One that does not stop comes to the end.
        if (seen.add(id).size === events) void first.close();
        failing(id);
      }),
    );
    // It left the event to whoever comes next.
    const { consumer } = await stage.member(topic, { handle: () => undefined });
    const unsettled = [...new Set(ofKind(stage.history.entries, 'sent').map(({ id }) => id))].filter((id) =>
      id.startsWith('k1#'),
    );
    await stage.until('the next member has what failed', () => {
      const had = new Set(ofKind(stage.history.arrivals, 'deliver').map(({ id }) => id));
      return unsettled.every((id) => had.has(id));
    });
    await stage.until('all is passed over or handled', () => passed.size >= events && attempts >= 2 * unsettled.length);
    await consumer.close();
    await skipping.close();
    await skipped;
    const { entries } = stage.history;
    return {
      'skip passes over': atLeast('events seen', passed.size, events),
      'skip tries as often as the policy says':
        attempts === 2 * unsettled.length ? [] : [`${attempts} attempts of ${unsettled.length} events`],
      'stop ends the consumer': stopped,
      'no letters': deadLettersOf(new Set())(entries),
      'enough traffic': atLeast('events that fail', unsettled.length, 1),
    };
  },
};

export const withoutOrder: Scenario = {
  id: 'key-order/ordering-none',
  title: 'with ordering none events of one key run beside each other, and all are handled',
  without: because(
    'it gives order up',
    'order per key',
    'after predecessors',
    'single flight per key',
    'repeats are suffixes',
  ),
  async run(stage) {
    const topic = stage.topic({ partitions: 1 });
    const producer = await stage.producer(topic);
    const { consumer } = await stage.member(topic, { ordering: 'none', handle: () => stage.pause(20) });
    await stage.load.sendAll(producer, topic, { events: 200, keys: 1 });
    await stage.untilSettled(topic);
    await consumer.close();
    const { entries } = stage.history;
    return {
      'events of a key run beside each other': atLeast('overlapping handlers', overlaps(entries).length, 20),
    };
  },
};
