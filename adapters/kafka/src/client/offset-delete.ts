import { AnswerReader } from './answer-reader.ts';
import type { Definition } from './kafkajs-protocol.ts';

export interface OffsetDeleteRequest {
  readonly group: string;
  readonly topic: string;
  readonly partitions: readonly number[];
}

export interface RawOffsetDelete {
  readonly errorCode: number;
  readonly partitions: readonly { readonly partition: number; readonly errorCode: number }[];
}

export const offsetDeleteKey = 47;

/** Version 0 of a request that kafkajs does not have, in the form of its own (KIP-496). */
export const offsetDelete: Definition = {
  versions: ['0'],
  protocol: () => (parameters) => ({
    request: {
      apiKey: offsetDeleteKey,
      apiVersion: 0,
      apiName: 'OffsetDelete',
      async encode() {
        const buffer = encode(parameters as OffsetDeleteRequest);
        return { buf: buffer, buffer };
      },
    },
    response: { decode: async (raw) => decode(raw), parse: async (data) => data },
  }),
};

function encode({ group, topic, partitions }: OffsetDeleteRequest): Buffer {
  return Buffer.concat([text(group), int32(1), text(topic), int32(partitions.length), ...partitions.map(int32)]);
}

function decode(raw: Buffer): RawOffsetDelete {
  const reader = new AnswerReader(raw);
  const errorCode = reader.int16();
  // The time to keep quiet; behind it the one topic that was asked for, none with an error.
  reader.skip(4);
  const partitions: { readonly partition: number; readonly errorCode: number }[] = [];
  for (let topics = reader.count(6); topics > 0; topics--) {
    reader.text();
    for (let count = reader.count(6); count > 0; count--)
      partitions.push({ partition: reader.int32(), errorCode: reader.int16() });
  }
  return { errorCode, partitions };
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(2);
  length.writeInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
