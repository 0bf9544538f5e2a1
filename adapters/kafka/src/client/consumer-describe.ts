import { CompactReader, compactArray, compactText, noTags } from './compact.ts';
import type { Definition } from './kafkajs-protocol.ts';
import type { DescribedMember, GroupDescription } from './wire.ts';

/** A ConsumerGroupDescribe request. */
export const consumerDescribeKey = 69;

export interface RawConsumerGroup extends GroupDescription {
  readonly errorCode: number;
}

/** Versions 0 and 1 of the description of a group of the newer protocol (KIP-848); kafkajs has none. */
export const consumerDescribe: Definition = {
  versions: ['0', '1'],
  protocol:
    ({ version }) =>
    (parameters) => ({
      request: {
        apiKey: consumerDescribeKey,
        apiVersion: version,
        apiName: 'ConsumerDescribe',
        async encode() {
          const { group } = parameters as { readonly group: string };
          // Tags of the header; one group, without a list of permitted operations.
          const buffer = Buffer.concat([noTags, compactArray([compactText(group)]), Buffer.from([0]), noTags]);
          return { buf: buffer, buffer };
        },
      },
      response: { decode: async (raw) => decode(raw, version), parse: async (data) => data },
    }),
};

function decode(raw: Buffer, version: number): RawConsumerGroup | undefined {
  const reader = new CompactReader(raw);
  reader.skipTags();
  reader.skip(4);
  if (reader.length() < 1) return undefined;
  const errorCode = reader.int16();
  reader.skipText();
  reader.skipText();
  const state = reader.text();
  // Epochs of the group and of its assignment, the assignor.
  reader.skip(8);
  reader.skipText();
  const members: DescribedMember[] = [];
  reader.skipArray(() => members.push(readMember(reader, version)));
  return { errorCode, state, members };
}

function readMember(reader: CompactReader, version: number): DescribedMember {
  const memberId = reader.text();
  // Fixed name, rack, epoch.
  reader.skipText();
  reader.skipText();
  reader.skip(4);
  const clientId = reader.text();
  const host = reader.text();
  const topics: string[] = [];
  reader.skipArray(() => topics.push(reader.text()));
  // A pattern of topics.
  reader.skipText();
  const assignment = readAssignment(reader);
  // What it is to have once others have let go of it.
  readAssignment(reader);
  if (version >= 1) reader.skip(1);
  reader.skipTags();
  return { memberId, clientId, host, topics, assignment };
}

function readAssignment(reader: CompactReader): ReadonlyMap<string, readonly number[]> {
  const assignment = new Map<string, readonly number[]>();
  reader.skipArray(() => {
    reader.skip(16);
    const topic = reader.text();
    const partitions: number[] = [];
    reader.skipArray(() => partitions.push(reader.int32()));
    assignment.set(topic, partitions);
    reader.skipTags();
  });
  reader.skipTags();
  return assignment;
}
