import { atLeast } from '../checks/check.ts';
import type { Scenario } from '../run/scenario.ts';

const events = 300;
/** Each handler is at work for so long, without waiting for anything. */
const busyMs = 2;
/** A turn has 10 ms, and ends with the handler that is at work then. */
const mostInOneTurn = 20;

export const otherTurns: Scenario = {
  id: 'backpressure/the-event-loop-has-its-turns',
  title: 'handlers that never wait leave the event loop its turns: timers run in the middle of a backlog',
  async run(stage) {
    const topic = stage.topic({ partitions: 1 });
    const producer = await stage.producer(topic);
    await stage.load.sendAll(producer, topic, { events, keys: 100 });
    let inThisTurn = 0;
    let most = 0;
    let handled = 0;
    const { streams } = await stage.client([topic]);
    const consumer = streams.consumer(topic, { group: 'busy' });
    const running = consumer.run(() => {
      if (inThisTurn++ === 0) setImmediate(() => (inThisTurn = 0));
      most = Math.max(most, inThisTurn);
      handled++;
      for (const end = performance.now() + busyMs; performance.now() < end;);
    });
    await stage.until('all is handled', () => handled >= events);
    await consumer.close();
    await running;
    return {
      'turns in between': most <= mostInOneTurn ? [] : [`${most} handlers of ${busyMs} ms in one turn`],
      'enough traffic': atLeast('handled', handled, events),
    };
  },
};
