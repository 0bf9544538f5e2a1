import { randomUUID } from 'node:crypto';
import type {
  ConsumerOptions,
  ProducerOptions,
  RawEvent,
  RawInput,
  SendReceipt,
  Streams,
  Topic,
} from '@isostream/core';
import { withOther } from '@isostream/conformance/stage';
import type { Wrong } from './mirrors.ts';

/** A mirror that is wrong in one way, and the check of the scenario that must notice. */
export interface WrongMirror extends Wrong {
  readonly name: string;
  readonly noticedBy: string;
  /** How often it is killed; default twice, the first time while the other side is gone. */
  readonly kills?: 1;
}

type Send = (event: RawInput) => Promise<SendReceipt>;

/** The client, whose producers send otherwise. */
const sending =
  (change: (event: RawInput, send: Send, count: number) => Promise<SendReceipt>, given: ProducerOptions = {}) =>
  (streams: Streams): Streams =>
    withOther(streams, 'producer', (topic: Topic<RawInput, RawEvent>, options: ProducerOptions) => {
      const producer = streams.producer(topic, { ...options, ...given });
      let count = 0;
      return withOther(producer, 'send', (event: RawInput) => change(event, (each) => producer.send(each), ++count));
    });

/** The client, whose consumers have other options. */
const consuming =
  (change: () => Partial<ConsumerOptions>) =>
  (streams: Streams): Streams =>
    withOther(streams, 'consumer', (topic: Topic, options: ConsumerOptions) =>
      streams.consumer(topic, { ...options, ...change() }),
    );

const nowhere: SendReceipt = { partition: undefined, position: undefined };

export const wrongMirrors: readonly WrongMirror[] = [
  {
    name: 'stores its position before the copy is acknowledged',
    noticedBy: 'to: all delivered',
    to: sending(async (event, send) => {
      void send(event).catch(() => undefined);
      return nowhere;
    }),
  },
  {
    name: 'sends copies without their keys',
    noticedBy: 'to: stored in order',
    to: sending((event, send) => send({ ...event, key: null })),
  },
  {
    name: 'does not wait for the event before of the key',
    noticedBy: 'from: after predecessors',
    from: consuming(() => ({ ordering: 'none' })),
  },
  {
    name: 'passes over an event whose copy failed',
    noticedBy: 'to: all delivered',
    // Killed before it stores its position, it would copy them after all.
    kills: 1,
    from: consuming(() => ({ commitInterval: '1ms' })),
    to: sending((event, send) => send(event).catch(() => nowhere), { deliveryTimeout: '50ms' }),
  },
  {
    name: 'leaves an event out',
    noticedBy: 'to: all delivered',
    to: sending((event, send, count) => (count === 30 ? Promise.resolve(nowhere) : send(event))),
  },
  {
    name: 'begins at the end of the topic',
    noticedBy: 'to: all delivered',
    from: consuming(() => ({ from: 'latest' })),
  },
  {
    name: 'copies everything again at each start',
    noticedBy: 'from: resumes where it was',
    from: consuming(() => ({ group: randomUUID() })),
  },
  {
    name: 'changes headers',
    noticedBy: 'to: verify agrees',
    to: sending((event, send) => send({ ...event, headers: [...(event.headers ?? []), ['added', 'x']] })),
  },
];
