import type { Producer, RawInput, StreamError, Streams } from '@isostream/core';
import { keyId, pause } from '@isostream/core/adapter';
import { rawTopic } from './topics.ts';

/** An event on its way to a topic. */
export interface Outgoing {
  readonly topic: string;
  readonly event: RawInput;
  /** It is stored, or nothing more will come of it. */
  isDone: boolean;
}

/** Errors of the event itself: no attempt will send it. */
const ofTheEvent: ReadonlySet<string> = new Set([
  'invalid-event',
  'invalid-key',
  'invalid-header',
  'event-too-large',
  'unsupported',
]);

/** An attempt that lasts longer is repeated, which stores an event twice where the provider cannot tell. */
const deliveryTimeout = '10m';
const waitMs = 500;

/** Sends in order, each key behind its own, for as long as it takes. */
export class Sender {
  readonly #streams: Streams;
  readonly #say: (line: string) => void;
  readonly #producers = new Map<string, Producer<RawInput>>();

  constructor(streams: Streams, say: (line: string) => void) {
    this.#streams = streams;
    this.#say = say;
  }

  /**
   * Resolves once all events are done, or the signal is aborted. `refuse` hears of those that can never be stored. Rejects with
   * what it throws, and with errors that are not of an event and do not pass by themselves.
   */
  async send(
    events: readonly Outgoing[],
    signal: AbortSignal,
    refuse: (event: Outgoing, error: StreamError) => void,
  ): Promise<void> {
    while (!signal.aborted) {
      const open = events.filter(({ isDone }) => !isDone);
      if (open.length === 0) return;
      const waitsFor = await this.#attempt(open, signal, refuse);
      if (waitsFor === undefined || signal.aborted) continue;
      this.#say(`waits for the service: ${waitsFor.message}`);
      await pause(waitMs, signal);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#producers.values()].map((producer) => producer.close({ deadline: 0 })));
  }

  /** Sends all of them once. What it answers has to pass before they are sent again. */
  async #attempt(
    open: readonly Outgoing[],
    signal: AbortSignal,
    refuse: (event: Outgoing, error: StreamError) => void,
  ): Promise<StreamError | undefined> {
    const errors = new Map<Outgoing, StreamError>();
    await Promise.all(
      [...new Set(open.map(({ topic }) => topic))].map(async (topic) => {
        const events = open.filter((event) => event.topic === topic);
        const inputs = events.map(({ event }) => event);
        const results = await this.#producer(topic).sendBatch(inputs, { signal, maxBlock: deliveryTimeout });
        for (const [index, event] of events.entries()) {
          const result = results[index];
          if (result?.ok === true) event.isDone = true;
          else if (result !== undefined) errors.set(event, result.error);
        }
      }),
    );
    if (signal.aborted) return undefined;
    let waitsFor: StreamError | undefined;
    for (const [event, error] of errors) {
      // What is sent next begins with the oldest of each key.
      const key = keyId(event.event.key);
      if (key !== undefined) this.#producer(event.topic).resumeKey(key);
      if (ofTheEvent.has(error.code)) {
        refuse(event, error);
        event.isDone = true;
      } else if (error.retryable) waitsFor ??= error;
      else if (error.code !== 'key-failed') throw error;
    }
    return waitsFor;
  }

  #producer(topic: string): Producer<RawInput> {
    const known = this.#producers.get(topic);
    if (known !== undefined) return known;
    const producer = this.#streams.producer(rawTopic(topic), { afterFailure: 'fail-key', deliveryTimeout });
    this.#producers.set(topic, producer);
    return producer;
  }
}
