import { readToEnd } from './base-load.ts';
import { atLeast, within } from '../checks/check.ts';
import { allDelivered, exclusive } from '../checks/delivery.ts';
import { ofKind } from '../history/history.ts';
import type { Scenario } from '../run/scenario.ts';

const busyMs = 200;
const deadlineMs = 300;

export const closingClient: Scenario = {
  id: 'close/a-client-closes-in-order',
  title: 'a closing client lets handlers end and send, stores all commits before it is closed, and keeps its deadline',
  async run(stage) {
    const topic = stage.topic({ partitions: 2 });
    const onward = stage.topic({ partitions: 1 });
    const feeding = await stage.producer(topic);
    await stage.load.sendAll(feeding, topic, { events: 60, keys: 60 });
    const client = await stage.client([topic, onward]);
    const producer = client.streams.producer(onward);
    await stage.load.send(producer, onward, stage.load.event(onward, 'first'));
    const first = await stage.member(topic, {
      client,
      concurrency: 20,
      // Everything that is settled is stored by the close, or not at all.
      commitInterval: '1h',
      handle: async ({ id }) => {
        await stage.pause(busyMs);
        await stage.load.send(producer, onward, stage.load.event(onward, `of ${id}`));
      },
    });
    await stage.until('20 handlers run', () => ofKind(stage.history.arrivals, 'deliver').length >= 20);
    await client.streams.close();
    await first.running;
    await readToEnd(stage, topic);

    const hanging = await stage.client([topic]);
    const stuck = hanging.streams.consumer(topic, { group: 'stuck', concurrency: 5 });
    let running = 0;
    let aborted = 0;
    const stuckRun = stuck.run(
      (_, { signal }) =>
        new Promise((_resolve, fail) => {
          running++;
          const abort = (): void => {
            aborted++;
            fail(signal.reason);
          };
          signal.addEventListener('abort', abort, { once: true });
        }),
    );
    await stage.until('five handlers hang', () => running >= 5);
    const sinceClose = stage.stopwatch();
    await hanging.streams.close({ deadline: deadlineMs });
    const closedIn = sinceClose();
    await stuckRun;
    const { entries } = stage.history;
    const failed = ofKind(entries, 'send-failed').map(({ id, code }) => `${id}: ${code}`);
    return {
      'handlers can send to the end': failed.slice(0, 5),
      'all commits are stored': exclusive(entries.filter((entry) => !('topic' in entry) || entry.topic === topic.name)),
      'all delivered': allDelivered(entries.filter((entry) => !('topic' in entry) || entry.topic === topic.name)),
      'the deadline reaches every consumer': within('closed', closedIn, deadlineMs + stage.harness.sessionTimeoutMs),
      'handlers learn it': atLeast('aborted handlers', aborted, 5),
      'in the middle of work': atLeast('sends of handlers', ofKind(entries, 'sent').length - 61, 20),
    };
  },
};
