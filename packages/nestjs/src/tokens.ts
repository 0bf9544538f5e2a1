import { Inject } from '@nestjs/common';
import type { Topic } from 'isostream';

/** The token of the client, for `useFactory`, and to override it in tests. */
export const STREAMS: unique symbol = Symbol.for('isostream:streams');

/** The token of the producer of a topic. */
export function producerToken(topic: Topic | string): string {
  return `isostream:producer:${typeof topic === 'string' ? topic : topic.name}`;
}

/** Injects the client: `constructor(@InjectStreams() private readonly streams: Streams)`. */
export function InjectStreams(): PropertyDecorator & ParameterDecorator {
  return Inject(STREAMS);
}

/** Injects the producer of a topic that the module knows: `@InjectProducer(orders) producer: Producer<TopicInput<typeof orders>>`. */
export function InjectProducer(topic: Topic | string): PropertyDecorator & ParameterDecorator {
  return Inject(producerToken(topic));
}
