import type { Topic } from '../model/define-topic.ts';
import type { Codec, CodecOptions, EventCodec } from './codec.ts';
import { PlainCodec } from './plain.ts';
import { rawCodec } from './raw.ts';
import { TypedCodec } from './typed.ts';

/** The codec of a typed topic on a provider. */
export function createEventCodec(topic: Topic, options: CodecOptions): EventCodec {
  const { format } = topic;
  return format?.kind === 'plain' ? new PlainCodec(topic, format, options) : new TypedCodec(topic, options);
}

/** The codec of a topic on a provider: events by the schemas that the topic declares, or bytes as they stand. */
export function createCodec<Input, Output>(topic: Topic<Input, Output>, options: CodecOptions): Codec<Input, Output> {
  const codec: Codec<never, unknown> =
    topic.events === undefined ? rawCodec(topic, options) : createEventCodec(topic, options);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- which of the two a topic is shows in its types as well
  return codec as Codec<Input, Output>;
}
