import type { Streams, Topic } from '@isostream/core';
import type { Config } from 'isostream';
import type { Message } from '../load.ts';

/** A way to store many events by the provider's own client. */
export interface BulkSender {
  /** For the table: batch sizes and how many are in flight. */
  readonly name: string;
  /** Events that are unanswered at most, where that is part of the way; else as many as it is told. */
  readonly outstanding?: number;
  /** Stores everything as fast as the client can. */
  send(topic: string, load: readonly Message[], outstanding: number): Promise<void>;
}

/** A provider's own client, used as its documentation says, and as well as it can be used by hand. */
export interface RawClient {
  /** What `sendOne` is, for the table. */
  readonly oneByOne: string;
  /** What `consume` is. */
  readonly consumer: string;
  /** Stores one event and waits for the answer. */
  sendOne(topic: string, message: Message): Promise<unknown>;
  /** The best first: isostream has a goal against it, and it fills topics. */
  readonly bulk: readonly [BulkSender, ...BulkSender[]];
  /** Reads everything in the topic from its beginning, calls `handle` for each event, and settles as isostream does. */
  consume(topic: string, events: number, handle: () => void): Promise<void>;
}

/** A broker to measure on, and the two clients. */
export interface RawStage extends AsyncDisposable {
  readonly description: string;
  readonly raw: RawClient;
  /** How isostream reaches the broker: what a configuration file would hold. */
  readonly config: Config;
  /** A fresh topic that both clients can use, of twelve partitions where nothing else is said. */
  createTopic(partitions?: number): Promise<string>;
  groupName(): string;
  streams(topic: Topic): Promise<Streams>;
  /** With what waits of a key packed into one record, where the provider has such a form. */
  readonly packed?: (topic: Topic) => Promise<Streams>;
}
