import {
  abortedBy,
  type BatchResult,
  type EncodedEvent,
  type InFlightLimits,
  type LaneBatch,
  type Sink,
  StreamError,
  untilAborted,
} from '@isostream/core/adapter';
import { maxEventBytes } from '../capabilities.ts';
import type { PubSubService } from '../client/service.ts';
import { status, statusOf, toStreamError } from '../errors.ts';
import { maxEventBytesOf } from '../topic-settings.ts';
import { orderingKey, type PubsubMessage, toMessage } from '../message.ts';

/** A lane is an ordering key, and a request holds one key only: the service refuses another mix. */
const limits: InFlightLimits = Object.freeze({
  // The emulator takes a thread for each; the service has no need of more either.
  requestsPerRoute: 64,
  lanesPerRequest: 1,
  eventsPerLane: 1_000,
  bytesPerLane: 9_000_000,
  eventsPerRequest: 1_000,
  bytesPerRequest: 9_000_000,
});

/** Events without a key share so many lanes, each with one request at a time. */
const freeLanes = 8;

/** Writes to one topic, one request a batch. */
export class PubSubSink implements Sink {
  readonly limits: InFlightLimits = limits;
  readonly #service: PubSubService;
  readonly #topic: string;
  #name = '';
  #maxEventBytes = maxEventBytes;
  #next = 0;

  constructor(service: PubSubService, topic: string) {
    this.#service = service;
    this.#topic = topic;
  }

  get maxEventBytes(): number {
    return this.#maxEventBytes;
  }

  async open(signal: AbortSignal): Promise<void> {
    try {
      this.#name = (await untilAborted(this.#service.names(), signal)).topic(this.#topic);
      const topic = await untilAborted(this.#service.getTopic(this.#name), signal);
      this.#maxEventBytes = maxEventBytesOf(topic) ?? maxEventBytes;
    } catch (thrown) {
      // Who may publish need not be allowed to look.
      if (statusOf(thrown) !== status.permissionDenied) throw toStreamError(thrown, this.#what);
    }
  }

  lane(event: EncodedEvent): string {
    const key = orderingKey(event.key);
    return key === '' ? `free ${this.#next++ % freeLanes}` : `key ${key}`;
  }

  route(): string {
    return 'topic';
  }

  async write(_route: string, batches: readonly LaneBatch[], signal: AbortSignal): Promise<readonly BatchResult[]> {
    return Promise.all(batches.map((batch) => this.#publish(batch, signal)));
  }

  abandon(): void {}

  async close(): Promise<void> {}

  async #publish(batch: LaneBatch, signal: AbortSignal): Promise<BatchResult> {
    let messages: PubsubMessage[];
    try {
      messages = batch.events.map(toMessage);
      requireOneKey(messages);
    } catch (thrown) {
      return toStreamError(thrown, this.#what);
    }
    try {
      const ids = await untilAborted(this.#service.publish(this.#name, messages), signal);
      return ids.map((position) => ({ partition: undefined, position }));
    } catch (thrown) {
      return signal.aborted ? abortedBy(signal).withOutcome('unknown') : this.#judge(thrown);
    }
  }

  #judge(thrown: unknown): StreamError {
    const error = toStreamError(thrown, this.#what);
    // Names were checked when the topic was made, so it is the events that the service does not take.
    if (statusOf(thrown) !== status.invalidArgument) return error;
    return new StreamError('invalid-event', error.message, { where: 'pubsub', cause: thrown, outcome: 'not-written' });
  }

  get #what(): string {
    return `topic "${this.#topic}"`;
  }
}

/** As the service does, which refuses such a request; its emulator takes it. */
function requireOneKey(messages: readonly PubsubMessage[]): void {
  const [first] = messages;
  if (messages.every((message) => message.orderingKey === first?.orderingKey)) return;
  throw new StreamError('internal', 'events of several keys are in one request, which the service does not take', {
    where: 'pubsub',
    outcome: 'not-written',
  });
}
