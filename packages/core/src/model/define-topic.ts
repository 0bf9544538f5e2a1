import { StreamError } from '../errors/stream-error.ts';
import type { EventInput, EventOf, EventSchemas, InputOf, RawEvent, RawInput, TopicStorage } from './topic.ts';

/** What a topic is: its name, what its events are, what keeps them in order, and how it is stored. */
export interface Topic<Input = unknown, Output = unknown> extends TopicStorage {
  readonly name: string;
  /** The schemas by event type; `undefined` on a raw topic. */
  readonly events: EventSchemas | undefined;
  /** The key of an event; `null` on a topic that gives order up, and on raw topics, whose events carry their key. */
  readonly key: ((event: EventInput) => string) | null;
  /** As a raw topic declares it. */
  readonly storedTime?: 'service' | 'sender';
  /** Carries the types; never set. */
  readonly types?: { readonly input: Input; readonly output: Output };
}

/** What `send` takes on a topic, and what its handlers get. */
export type TopicInput<T> = T extends Topic<infer Input, infer _> ? Input : never;
export type TopicOutput<T> = T extends Topic<infer _, infer Output> ? Output : never;

export interface TypedTopicOptions<Events extends EventSchemas> extends TopicStorage {
  readonly events: Events;
  /** Events with equal keys keep their order. `null` must be written out to give order up. */
  readonly key: ((event: InputOf<Events>) => string) | null;
}

export interface RawTopicOptions extends TopicStorage {
  /** Events are bytes as they stand: for topics that others write or read. */
  readonly raw: true;
  /**
   * Who says when an event was stored. `sender`, the default, lets events set it by their `time` where the provider keeps
   * one; `service` refuses that, and on a topic that is created the service's clock alone counts, as on typed topics.
   */
  readonly storedTime?: 'service' | 'sender';
}

/**
 * Declares a topic: one value that types the producer, the consumer and the storage.
 * Pure: nothing is created before `connect`. Throws `invalid-config` for a name that not every provider can take.
 */
export function defineTopic<const Events extends EventSchemas>(
  name: string,
  options: TypedTopicOptions<Events>,
): Topic<InputOf<Events>, EventOf<Events>>;
export function defineTopic(name: string, options: RawTopicOptions): Topic<RawInput, RawEvent>;
export function defineTopic(name: string, options: TypedTopicOptions<EventSchemas> | RawTopicOptions): Topic {
  checkTopicName(name);
  if ('raw' in options) {
    const { raw: _, ...storage } = options;
    return Object.freeze({ ...storage, name, events: undefined, key: null });
  }
  if (Object.keys(options.events).length === 0)
    throw invalid(name, 'declares no events. Give events: { type: schema }, or raw: true for bytes as they stand');
  if (options.key === undefined)
    throw invalid(name, 'has no key. Give key: (event) => …, or write key: null to give order up');
  return Object.freeze({ ...options, name });
}

/**
 * Letters, digits, `.`, `_` and `-`, 3 to 100 characters, a letter first: what every provider takes.
 * Pub/Sub sets the alphabet and the first letter, Kinesis the length of 128 less `.<group>.dlq`.
 */
const topicName = /^[A-Za-z][A-Za-z0-9._-]{2,99}$/;

/** Throws `invalid-config` for a topic name that some provider refuses. */
function checkTopicName(name: string): void {
  if (!topicName.test(name) || name.startsWith('goog'))
    throw invalid(
      name,
      'is no portable name. Use 3 to 100 letters, digits, ".", "_" or "-", a letter first, not "goog"',
    );
}

function invalid(name: string, message: string): StreamError {
  return new StreamError('invalid-config', `topic ${JSON.stringify(name)} ${message}`, { where: 'defineTopic' });
}
