import { CompactReader, compactArray, compactText, int32, noTags, nothing } from './compact.ts';
import type { Definition } from './kafkajs-protocol.ts';
import type { ConsumerHeartbeat, ConsumerHeartbeatAnswer } from './wire.ts';

/** A ConsumerGroupHeartbeat request. */
export const consumerHeartbeatKey = 68;

/** Versions 0 and 1 of the heartbeat of the newer group protocol (KIP-848), which joins, keeps and leaves; kafkajs has none. */
export const consumerHeartbeat: Definition = {
  versions: ['0', '1'],
  protocol:
    ({ version }) =>
    (parameters) => ({
      request: {
        apiKey: consumerHeartbeatKey,
        apiVersion: version,
        apiName: 'ConsumerHeartbeat',
        async encode() {
          const buffer = encode(parameters as ConsumerHeartbeat, version);
          return { buf: buffer, buffer };
        },
      },
      response: { decode: async (raw) => decode(raw), parse: async (data) => data },
    }),
};

function encode(member: ConsumerHeartbeat, version: number): Buffer {
  const { group, memberId, epoch, topic, topicId, owned, rebalanceTimeoutMs } = member;
  const isLeaving = epoch < 0;
  const ownedOf = Buffer.concat([Buffer.from(topicId, 'hex'), compactArray(owned.map(int32)), noTags]);
  return Buffer.concat([
    // Of the header.
    noTags,
    compactText(group),
    compactText(memberId),
    int32(epoch),
    // A fixed name of the member, its rack.
    nothing,
    nothing,
    int32(isLeaving ? -1 : rebalanceTimeoutMs),
    isLeaving ? nothing : compactArray([compactText(topic)]),
    // A pattern of topics, the assignor.
    ...(version >= 1 ? [nothing] : []),
    nothing,
    isLeaving ? nothing : compactArray(owned.length === 0 ? [] : [ownedOf]),
    noTags,
  ]);
}

function decode(raw: Buffer): ConsumerHeartbeatAnswer {
  const reader = new CompactReader(raw);
  reader.skipTags();
  reader.skip(4);
  const errorCode = reader.int16();
  const errorMessage = reader.text();
  reader.skipText();
  const epoch = reader.int32();
  const intervalMs = reader.int32();
  return { errorCode, errorMessage, epoch, intervalMs, assignment: readAssignment(reader) };
}

function readAssignment(reader: CompactReader): ReadonlyMap<string, readonly number[]> | undefined {
  // A structure that may be absent begins with -1 or 1.
  if (reader.take(1).readInt8() < 0) return undefined;
  const assignment = new Map<string, readonly number[]>();
  reader.skipArray(() => {
    const topicId = reader.take(16).toString('hex');
    const partitions: number[] = [];
    reader.skipArray(() => partitions.push(reader.int32()));
    assignment.set(topicId, partitions);
    reader.skipTags();
  });
  reader.skipTags();
  return assignment;
}
