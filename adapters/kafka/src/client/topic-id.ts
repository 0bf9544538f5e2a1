import { CompactReader, compactText } from './compact.ts';
import type { Definition } from './kafkajs-protocol.ts';
import { WireError } from './wire-error.ts';

/** A Metadata request. */
export const topicIdKey = 3;

/**
 * The part of a Metadata answer that kafkajs does not read: a topic's id, which another topic of its name does not have
 * (KIP-516). Versions 10 to 12, since Kafka 2.8.
 */
export const topicId: Definition = {
  versions: ['10', '11', '12'],
  protocol: ({ version }) => {
    if (version < 10) throw new WireError('protocol', 'the broker tells no ids of topics', { code: 35, sent: 'no' });
    return (parameters) => ({
      request: {
        apiKey: topicIdKey,
        apiVersion: version,
        apiName: 'TopicId',
        async encode() {
          const buffer = encode((parameters as { readonly topic: string }).topic, version);
          return { buf: buffer, buffer };
        },
      },
      response: { decode: async (raw) => decode(raw), parse: async (data) => data },
    });
  },
};

export interface RawTopicId {
  /** Absent where the broker does not know the topic. */
  readonly id: string | undefined;
}

const noTags = 0;

function encode(topic: string, version: number): Buffer {
  const operations = version === 10 ? [0, 0] : [0];
  return Buffer.concat([
    // Of the header; then one topic, by its name.
    Buffer.from([noTags, 2]),
    Buffer.alloc(16),
    compactText(topic),
    // No creation of what is missing, no list of permitted operations.
    Buffer.from([noTags, 0, ...operations, noTags]),
  ]);
}

function decode(raw: Buffer): RawTopicId {
  const reader = new CompactReader(raw);
  reader.skipTags();
  reader.skip(4);
  reader.skipArray(() => {
    reader.skip(4);
    reader.skipText();
    reader.skip(4);
    reader.skipText();
    reader.skipTags();
  });
  // The cluster's id, the controller.
  reader.skipText();
  reader.skip(4);
  if (reader.length() < 1) return { id: undefined };
  const error = reader.int16();
  reader.skipText();
  const id = reader.take(16);
  return { id: error === 0 ? id.toString('hex') : undefined };
}
