import { atLeast } from '../checks/check.ts';
import { allDelivered } from '../checks/delivery.ts';
import { ofKind } from '../history/history.ts';
import type { Scenario } from '../run/scenario.ts';
import type { Client, Member } from '../run/stage-options.ts';
import { fails } from './refusals.ts';

const events = 50;

export const readyAtLatest: Scenario = {
  id: 'start-replay/a-member-is-ready',
  title: 'what is sent once a member of a group at latest is ready reaches the group',
  async run(stage) {
    const topic = stage.topic({ partitions: 4 });
    const producer = await stage.producer(topic);
    const client = await stage.client([topic]);
    // Its way is open: nothing but the member's being ready comes before what is sent next.
    await producer.send(stage.load.event(topic, 'before'));
    const { consumer } = await stage.member(topic, { client, from: 'latest', handle: () => undefined });
    await consumer.ready;
    await stage.load.sendAll(producer, topic, { events, keys: 20 });
    await stage.untilSettled(topic);
    await consumer.close();
    const never = client.streams.consumer(topic, { group: 'never' });
    await never.close();
    const missing = client.streams.consumer(stage.topic({ partitions: 1 }), { group: 'g', onFailure: 'stop' });
    const ended = fails('unknown-topic', () => missing.run(() => undefined));
    const { entries } = stage.history;
    return {
      'what is sent once it is ready is delivered': allDelivered(entries),
      'one that never ran says so': await fails('closed', () => never.ready),
      'one that ended says why': [...(await fails('unknown-topic', () => missing.ready)), ...(await ended)],
      'enough traffic': atLeast('acknowledged events', ofKind(entries, 'sent').length, events),
    };
  },
};

/** How long after the first member the second one starts, in milliseconds: while the first is on its way, too. */
const apart = [0, 30, 120] as const;

export const readyBesideAnother: Scenario = {
  id: 'start-replay/a-member-is-ready-beside-another',
  title: 'what is sent once one of two members that start together is ready reaches the group',
  async run(stage) {
    for (const ms of apart) {
      const topic = stage.topic({ partitions: 4 });
      const producer = await stage.producer(topic);
      const [first, second] = [await stage.client([topic]), await stage.client([topic])];
      await producer.send(stage.load.event(topic, 'before'));
      const start = (client: Client): Promise<Member> =>
        stage.member(topic, { client, from: 'latest', handle: () => undefined });
      const starting = [start(first), stage.pause(ms).then(() => start(second))];
      await Promise.race(starting.map((member) => member.then(({ consumer }) => consumer.ready)));
      await stage.load.sendAll(producer, topic, { events, keys: 20 });
      // What is missing now is missing: another round would only wait for more.
      if (!(await stage.untilSettled(topic))) break;
      await Promise.all(starting.map(async (member) => (await member).consumer.close()));
    }
    const { entries } = stage.history;
    return {
      'what is sent once one is ready is delivered': allDelivered(entries),
      'enough traffic': atLeast('acknowledged events', ofKind(entries, 'sent').length, apart.length * events),
    };
  },
};
