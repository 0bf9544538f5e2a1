import type { Consumer } from '@isostream/core';
import { atLeast } from '../checks/check.ts';
import type { LoadEvent, NewLoad } from '../load/load-topic.ts';
import type { Scenario } from '../run/scenario.ts';
import { refusal } from './refusals.ts';

const events = 60;
const retry = { attempts: 5, backoff: { initial: 5, max: 20 } } as const;
const byPartition = { group: 'g', ordering: 'partition' } as const;

export const inPartitionOrder: Scenario = {
  id: 'key-order/ordering-partition',
  title: 'with ordering partition the events of a partition run one after the other, as they are stored',
  needs: {
    capability: 'settlement by watermark, in partitions',
    isDeclared: ({ settlement }) => settlement === 'watermark',
    async refused(stage) {
      const topic = stage.topic({ partitions: 2 });
      const { streams } = await stage.client([topic]);
      return { 'order of partitions': refusal(() => streams.consumer(topic, byPartition)) };
    },
  },
  async run(stage) {
    const topic = stage.topic({ partitions: 2 });
    const producer = await stage.producer(topic);
    await stage.load.sendAll(producer, topic, { events: 4 * events, keys: 50 });
    const { streams } = await stage.client([topic]);
    const stored = new Map<string, string[]>();
    await streams.replay(topic, { from: 'earliest', ordering: 'partition' }).run(({ id }, { partition }) => {
      stored.set(partition, [...(stored.get(partition) ?? []), id]);
    });
    const handled = new Map<string, string[]>();
    const running = new Set<string>();
    let overlapping = 0;
    let count = 0;
    const consumer = streams.consumer(topic, byPartition);
    const run = consumer.run(async ({ id }, { partition }) => {
      if (running.has(partition)) overlapping++;
      running.add(partition);
      await stage.pause(2);
      running.delete(partition);
      handled.set(partition, [...(handled.get(partition) ?? []), id]);
      count++;
    });
    await stage.until('all is handled', () => count >= 4 * events);
    await consumer.close();
    await run;
    return {
      'one at a time': overlapping === 0 ? [] : [`${overlapping} handlers began beside another of their partition`],
      'as they are stored': [...stored].flatMap(([partition, ids]) =>
        ids.join() === handled.get(partition)?.join() ? [] : [`partition ${partition} was handled in another order`],
      ),
      'enough traffic': [...atLeast('handled', count, 4 * events), ...atLeast('partitions', handled.size, 2)],
    };
  },
};

export const batchesAndStreams: Scenario = {
  id: 'retry/batches-streams-and-settling-by-hand',
  title: 'a handler of batches that throws, deliveries settled by hand and a loop that is left lose nothing',
  async run(stage) {
    const topic = stage.topic({ partitions: 1 });
    const producer = await stage.producer(topic);
    // As many of each key, so that five events wait behind the one that is to come again.
    const load = Array.from({ length: events }, (_, index) => stage.load.event(topic, `k${index % 10}`));
    await stage.load.sendBatch(producer, topic, load);
    const { streams } = await stage.client([topic]);
    const batches = await inBatches(streams.consumer(topic, { group: 'batches', retry }), (done) =>
      stage.until('all batches are handled', done),
    );
    const asked = await byHand(streams.consumer(topic, { group: 'hand', retry, drainTimeout: 200 }), load);
    // It comes behind what was left, whether that comes again or not.
    const last = stage.load.event(topic, asked.left.split('#')[0] ?? '');
    await stage.load.send(producer, topic, last);
    const rest = new Set<string>();
    const next = streams.consumer(topic, { group: 'hand', retry });
    const running = next.run(({ id }) => void rest.add(id));
    const over = (): number => new Set([...asked.acked, ...asked.lettered, ...rest, asked.left]).size;
    await stage.until('the rest is handled', () => over() > events && rest.has(last.id));
    await next.close();
    await running;
    return {
      'a batch that throws comes again': batches.thrown.flatMap((id) =>
        (batches.seen.get(id) ?? 0) >= 2 ? [] : [`${id} came once`],
      ),
      'what is to be retried comes again': asked.attempts >= 2 ? [] : [`${asked.attempts} attempts`],
      'what is left comes again': rest.has(asked.left) ? [] : [`${asked.left} did not come again`],
      'enough traffic': [
        ...atLeast('events of batches that threw', batches.thrown.length, 2),
        ...atLeast('events settled in batches', batches.settled.size, events),
        ...atLeast('events settled by hand, or left', over(), events + 1),
      ],
    };
  },
};

async function inBatches(
  consumer: Consumer<LoadEvent>,
  until: (done: () => boolean) => Promise<unknown>,
): Promise<{
  readonly seen: ReadonlyMap<string, number>;
  readonly thrown: readonly string[];
  readonly settled: ReadonlySet<string>;
}> {
  const seen = new Map<string, number>();
  const settled = new Set<string>();
  const thrown: string[] = [];
  let calls = 0;
  const running = consumer.runBatch(
    (batch) => {
      const ids = batch.events.map(({ id }) => id);
      for (const id of ids) seen.set(id, (seen.get(id) ?? 0) + 1);
      if (calls++ < 2) {
        thrown.push(...ids);
        throw new Error('the batch fails');
      }
      for (const id of ids) settled.add(id);
    },
    { maxEvents: 5, maxWait: 20 },
  );
  await until(() => settled.size >= events);
  await consumer.close();
  await running;
  return { seen, thrown, settled };
}

/** Settles a third by hand, one of them at its second attempt and one by a letter, and leaves with one that nobody settled. */
async function byHand(
  consumer: Consumer<LoadEvent>,
  load: readonly NewLoad[],
): Promise<{
  readonly acked: ReadonlySet<string>;
  readonly lettered: ReadonlySet<string>;
  readonly attempts: number;
  readonly left: string;
}> {
  const acked = new Set<string>();
  const lettered = new Set<string>();
  const settled = ({ id }: NewLoad): boolean => acked.has(id) || lettered.has(id);
  // Left where nothing before it is open: else it would come again for what is, settled or not.
  const mayBeLeft = ({ id }: LoadEvent): boolean =>
    load
      .slice(
        0,
        load.findIndex((sent) => sent.id === id),
      )
      .every(settled);
  let retried: string | undefined;
  let attempts = 0;
  let left = '';
  for await (const { event, context, ack, retry: again, deadLetter } of consumer.stream()) {
    retried ??= event.id;
    if (event.id === retried) attempts = context.attempt;
    if (event.id === retried && context.attempt === 1) again(new Error('once more'));
    else if (lettered.size === 0 && event.id !== retried) {
      lettered.add(event.id);
      deadLetter(new Error('never'));
    } else if (acked.size >= events / 3 && attempts >= 2 && mayBeLeft(event)) {
      left = event.id;
      break;
    } else {
      acked.add(event.id);
      ack();
    }
    // More than all other keys have: what was to come again was settled instead, and never will.
    if (attempts < 2 && acked.size > events - 5) break;
  }
  return { acked, lettered, attempts, left };
}
