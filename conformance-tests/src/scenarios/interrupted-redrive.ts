import { defineTopic, type RawEvent, StreamError, type Streams } from '@isostream/core';
import { passingSink } from '../history/passing-sink.ts';
import { type Adapter, deadLetterName, type Sink } from '@isostream/core/adapter';
import { atLeast } from '../checks/check.ts';
import { ofKind } from '../history/history.ts';
import { because, type Scenario } from '../run/scenario.ts';
import { fails, refusal } from './refusals.ts';

const poisoned = 6;

export const interruptedRedrive: Scenario = {
  id: 'dead-letter/a-redrive-is-interrupted',
  title:
    'a redrive that dies before an event is stored, or before its letter is marked, loses none; letters tell the truth',
  needs: {
    capability: 'replay',
    isDeclared: (capabilities) => capabilities.replay,
    async refused(stage) {
      const topic = stage.topic({ partitions: 1 });
      const { streams } = await stage.client([topic]);
      return { 'read a range': refusal(() => streams.replay(topic, { from: 'earliest' })) };
    },
  },
  without: because('what is redriven is given out again', 'exactly once'),
  async run(stage) {
    const topic = stage.topic({ partitions: 1 });
    const client = await stage.client([topic]);
    const producer = client.streams.producer(topic);
    for (let index = 0; index < poisoned; index++)
      await stage.load.send(producer, topic, stage.load.event(topic, `k${index}`));
    const from = Date.now();
    let isBroken = true;
    const member = await stage.member(topic, {
      retry: { attempts: 2, backoff: { initial: 1 } },
      handle: () => {
        if (isBroken) throw new Error('the database is down');
      },
    });
    await stage.untilSettled(topic);
    const until = Date.now();
    const untrue = await untrueHeaders(client.streams, topic.name, {
      from: from - stage.harness.clockSkewMs,
      until: until + stage.harness.clockSkewMs,
    });

    isBroken = false;
    const letters = deadLetterName(topic.name, 'g');
    const unsent = await stage.client([topic], undefined, (adapter) => refusing(adapter, topic.name));
    const unmarked = await stage.client([topic], undefined, (adapter) => refusing(adapter, letters));
    const died = [
      ...(await fails('unauthorized', () => unsent.streams.redrive(topic, { group: 'g' }))),
      ...(await fails('unauthorized', () => unmarked.streams.redrive(topic, { group: 'g' }))),
    ];
    const report = await client.streams.redrive(topic, { group: 'g' });
    const handled = (): Set<string> =>
      new Set(ofKind(stage.history.entries, 'settle').flatMap(({ id, result }) => (result === 'ok' ? [id] : [])));
    await stage.until('each event is handled', () => handled().size === poisoned);
    await member.consumer.close();
    const lost = ofKind(stage.history.entries, 'sent').filter(({ id }) => !handled().has(id));
    return {
      'none is lost': lost.map(({ id }) => `${id} was not sent back`),
      'every header is true': untrue,
      'the redrives died': died,
      'enough traffic': atLeast('letters sent back in the end', report.redriven, poisoned),
    };
  },
};

/** A provider that refuses the writes of a redrive to one topic. */
function refusing(adapter: Adapter, refused: string): Adapter {
  return {
    ...adapter,
    name: adapter.name,
    capabilities: adapter.capabilities,
    admin: adapter.admin,
    createSource: (subscription) => adapter.createSource(subscription),
    openRange: (range, signal) => adapter.openRange(range, signal),
    connect: (signal) => adapter.connect(signal),
    close: () => adapter.close(),
    createSink(topic) {
      const sink = adapter.createSink(topic);
      return topic === refused ? refusingSink(sink) : sink;
    },
  };
}

function refusingSink(sink: Sink): Sink {
  const error = new StreamError('unauthorized', 'this redrive dies here', { where: 'suite', outcome: 'not-written' });
  return passingSink(sink, { write: async (_route, batches) => batches.map(() => error) });
}

/** Each header that a letter adds, held against what is known of its event. */
async function untrueHeaders(
  streams: Streams,
  topic: string,
  bounds: { readonly from: number; readonly until: number },
): Promise<string[]> {
  const places = new Map<string, { readonly partition: string; readonly position: string; readonly time: Date }>();
  const read = async (name: string, each: (event: RawEvent, place: Place) => void): Promise<void> => {
    await streams
      .replay(defineTopic(name, { raw: true }), { from: 'earliest' })
      .run((event, { partition, position }) => each(event, { partition, position, time: event.time }));
  };
  await read(topic, (event, place) => places.set(String(event.key), place));
  const wrong: string[] = [];
  await read(deadLetterName(topic, 'g'), ({ key, headers }) => {
    const given = new Map(headers.map(([name, value]) => [name, Buffer.from(value).toString('utf8')]));
    const tell = (name: string): string => given.get(`isostream-${name}`) ?? '';
    const place = places.get(String(key));
    const near = (name: string): boolean => {
      const time = Date.parse(tell(name));
      return time >= bounds.from && time <= bounds.until;
    };
    const truths: Readonly<Record<string, boolean>> = {
      topic: tell('topic') === topic,
      partition: tell('partition') === place?.partition,
      position: tell('position') === place?.position,
      time: tell('time') === place?.time.toISOString(),
      group: tell('group') === 'g',
      'error-code': tell('error-code') === 'handler-failed',
      'error-message': tell('error-message').includes('the database is down'),
      attempts: tell('attempts') === '2',
      'first-failure': near('first-failure'),
      'last-failure': near('last-failure') && Date.parse(tell('last-failure')) >= Date.parse(tell('first-failure')),
    };
    for (const [name, isTrue] of Object.entries(truths))
      if (!isTrue) wrong.push(`letter of ${String(key)}: isostream-${name} is ${JSON.stringify(tell(name))}`);
  });
  return wrong;
}

interface Place {
  readonly partition: string;
  readonly position: string;
  readonly time: Date;
}
