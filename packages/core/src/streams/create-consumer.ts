import { randomUUID } from 'node:crypto';
import { decodeStored } from '../codec/codec.ts';
import { TopicConsumer } from '../consume/consumer.ts';
import { Engine } from '../consume/engine.ts';
import type { HandleMiddleware } from '../consume/middleware.ts';
import type { ConsumerOptions } from '../consume/options.ts';
import { isPortableGroup, resolveConsumerOptions } from '../consume/settings.ts';
import { deadLetterTopic, prepareLetters } from '../dead-letter/letter-topic.ts';
import { writeLetter } from '../dead-letter/write-letter.ts';
import { StreamError } from '../errors/stream-error.ts';
import { eventTypes, type Topic } from '../model/define-topic.ts';
import { checkMiddleware } from '../produce/middleware.ts';
import type { Writer } from '../produce/writer.ts';
import { retrying } from '../retry/retrying.ts';
import { checkExists } from './check-options.ts';
import type { ClientParts } from './client-parts.ts';
import { startingAt } from './places.ts';
import { retryingMember } from './retrying-source.ts';
import { checkConsumer } from './supported.ts';
import type { Within } from './types.ts';

/** What a consumer has of its client besides its parts. */
interface OfClient {
  /** Makes sure that a topic is as declared. */
  readonly prepare: (topic: Topic, signal: AbortSignal) => Promise<void>;
  /** The consumer is closed, and its letters are written. */
  readonly closed: () => void;
}

/** A consumer that has not begun. Throws `invalid-config` and `unsupported`. */
export function createConsumer<Input, Output>(
  parts: ClientParts,
  topic: Topic<Input, Output>,
  options: ConsumerOptions & Within<HandleMiddleware<Output>>,
  { prepare, closed }: OfClient,
): TopicConsumer<Output> {
  const { adapter, clock, random } = parts;
  const settings = resolveConsumerOptions(options, {
    isRaw: topic.events === undefined,
    commitIntervalMs: adapter.capabilities.commitIntervalMs,
  });
  checkMiddleware(options.middleware, ['handle'], 'consumer');
  const from = startingAt(options.from ?? 'earliest');
  const { group, clientId = `isostream-${randomUUID().slice(0, 8)}` } = options;
  checkConsumer(adapter, { ...options, from });
  const codec = parts.codec(topic, settings.handlerTimeoutMs);
  const letters =
    settings.onFailure === 'dead-letter' || settings.onUnknownType === 'dead-letter'
      ? deadLetterTopic(topic, group, adapter.capabilities)
      : undefined;
  const attempts = parts.attempts(`consumer of topic "${topic.name}", group "${group}"`);
  let writer: Writer | undefined;
  const who = { topic: topic.name, group, member: clientId };
  return new TopicConsumer<Output>({
    types: eventTypes(topic),
    decode: (stored) => decodeStored(codec, stored),
    clock,
    drainTimeoutMs: settings.drainTimeoutMs,
    around: parts.around(topic, options.middleware),
    prepare: async (signal) => {
      if (topic.events !== undefined && !isPortableGroup(group))
        await retrying(() => checkExists(adapter, topic.name, group, signal), { ...attempts, signal });
      if (letters !== undefined)
        await retrying(() => prepareLetters(letters, (each) => prepare(each, signal)), { ...attempts, signal });
    },
    handlerTimeoutMs: settings.handlerTimeoutMs,
    changed: parts.observer.consumer(who),
    engine: new Engine({
      ...who,
      source: retryingMember(() => adapter.createSource({ topic: topic.name, group, from, clientId }), attempts),
      settlement: adapter.capabilities.settlement,
      settings,
      clock,
      random,
      deadLetter: (stored, context) => {
        if (letters === undefined)
          return Promise.reject(new StreamError('internal', 'no dead-letter topic', { where: 'consumer' }));
        writer ??= parts.writer(letters.name, { deliveryTimeout: '30s' });
        const details = { ...context, topic: topic.name, group, now: clock.now() };
        return writeLetter(writer, stored, details, adapter.capabilities);
      },
    }),
    // The engine has let go of its letters: whoever gets their events writes them anew.
    dispose: async () => {
      await writer?.close(0);
      closed();
    },
  });
}
