import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bounded } from '../src/client/kafkajs-bounds.ts';
import { kafkajsInternals } from '../src/client/kafkajs-internals.ts';

/** All that the wire asks for, but for Fetch, which has a reader of its own. */
const used =
  'Metadata GroupCoordinator InitProducerId Produce ListOffsets JoinGroup SyncGroup Heartbeat LeaveGroup OffsetCommit OffsetFetch OffsetDelete ConsumerHeartbeat ConsumerDescribe EpochCommit CreateTopics DeleteTopics CreatePartitions DescribeConfigs AlterConfigs ListGroups DescribeGroups ApiVersions SaslHandshake SaslAuthenticate';
const answers = used
  .split(' ')
  .flatMap((name) =>
    (kafkajsInternals().requests[name]?.versions ?? []).map((version) => [name, Number(version)] as const),
  );
/** Small and large, negative and not: lengths rather than any bytes. */
const piece = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 6 }),
  fc.constantFrom([0, 0], [0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 4], [0xff, 0xff], [0xff, 0xff, 0xff, 0xff]),
  fc.constantFrom([0xff, 0xfe], [0xff, 0xff, 0xff, 0xfd], [0x7f, 0xff, 0xff, 0xff], [0x00, 0xff, 0xff, 0xff], [0xfb]),
  fc.constantFrom([0xff, 0xff, 0xff, 0xff, 0x0f], [0x80, 0x80, 0x80, 0x01]),
);
const answer = fc
  .array(piece, { maxLength: 20 })
  .map((pieces) => Buffer.concat(pieces.map((each) => Buffer.from(each))));

it('answers of any bytes are read by kafkajs as far as they go, or refused', async () => {
  const { requests } = kafkajsInternals();
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...answers), answer, async ([name, version], bytes) => {
      const response = requests[name]?.protocol({ version })({ topics: [], groupIds: [], topicData: [] }).response;
      const decoded: unknown = await response?.decode(bounded(bytes)).catch(() => undefined);
      // Nothing is larger than what came: a field takes a byte at least, and its name less than this.
      expect(JSON.stringify(decoded, text)?.length ?? 0).toBeLessThan(1_000 + bytes.length * 600);
    }),
  );
});

function text(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
