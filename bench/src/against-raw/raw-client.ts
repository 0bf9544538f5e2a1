import type { Streams, Topic } from '@isostream/core';
import type { Message } from '../load.ts';

/** A provider's own client, used as its documentation says, and as well as it can be used by hand. */
export interface RawClient {
  /** What `sendOne` is, for the table. */
  readonly oneByOne: string;
  /** What `sendBatches` is: batch sizes and how many are in flight. */
  readonly batches: string;
  /** What `consume` is. */
  readonly consumer: string;
  /** Stores one event and waits for the answer. */
  sendOne(topic: string, message: Message): Promise<unknown>;
  /** Stores everything as fast as the client can; with so many events outstanding where the client forms its batches itself. */
  sendBatches(topic: string, load: readonly Message[], outstanding?: number): Promise<void>;
  /** It forms them itself: then each row holds it against isostream with as many events outstanding. */
  readonly batchesItself?: boolean;
  /** Reads everything in the topic from its beginning, calls `handle` for each event, and settles as isostream does. */
  consume(topic: string, events: number, handle: () => void): Promise<void>;
}

/** A broker to measure on, and the two clients. */
export interface RawStage extends AsyncDisposable {
  readonly description: string;
  readonly raw: RawClient;
  /** A fresh topic that both clients can use. */
  createTopic(): Promise<string>;
  groupName(): string;
  streams(topic: Topic): Promise<Streams>;
}
