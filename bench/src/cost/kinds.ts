const kafkaKinds: Readonly<Record<number, string>> = {
  ...{ 0: 'Produce', 1: 'Fetch', 2: 'ListOffsets', 3: 'Metadata', 8: 'OffsetCommit', 9: 'OffsetFetch' },
  ...{ 10: 'FindCoordinator', 11: 'JoinGroup', 12: 'Heartbeat', 13: 'LeaveGroup', 14: 'SyncGroup', 18: 'ApiVersions' },
  ...{ 22: 'InitProducerId', 32: 'DescribeConfigs', 68: 'ConsumerGroupHeartbeat' },
};

const amqpKinds: Readonly<Record<number, string>> = {
  ...{ 0x10: 'open', 0x11: 'begin', 0x12: 'attach', 0x13: 'flow', 0x14: 'transfer', 0x15: 'disposition' },
};

/** A request of Kafka in one write: its length, then the number of the API. */
export function kafkaRequests(bytes: Buffer): readonly string[] {
  if (bytes.length < 6) return [];
  return [kafkaKinds[bytes.readInt16BE(4)] ?? 'other'];
}

/** The performatives of the AMQP frames in one write; https://docs.oasis-open.org/amqp/core/v1.0, part 2. */
export function amqpFrames(bytes: Buffer): readonly string[] {
  const kinds: string[] = [];
  // A frame has eight bytes at least, and its performative is a described type: 0x00 0x53 and its code.
  for (let at = 0; at + 8 <= bytes.length;) {
    const size = bytes.readUInt32BE(at);
    const body = at + bytes.readUInt8(at + 4) * 4;
    if (size < 8) return kinds;
    const kind = bytes[body] === 0 && bytes[body + 1] === 0x53 ? amqpKinds[bytes[body + 2] ?? 0] : undefined;
    if (kind !== undefined) kinds.push(kind);
    at += size;
  }
  return kinds;
}

/** Of an HTTP request: what the AWS services call their target, else method and what Blob Storage is asked for. */
export function httpRequest(method: string, path: string, target: unknown): string {
  if (typeof target === 'string') return target.slice(target.lastIndexOf('.') + 1);
  const query = new URLSearchParams(path.slice(path.indexOf('?') + 1));
  return ['Blob', method, query.get('comp')].filter((part) => part !== null).join(' ');
}
