import type { EpochCommit, RawEpochCommit } from './epoch-commit.ts';
import { type Ask, check, type Coded, type RawPartitions, toOffsets, unknownGroup } from './kafkajs-answers.ts';
import type { OffsetDeleteRequest, RawOffsetDelete } from './offset-delete.ts';
import type { Membership, PartitionOffset, TopicMetadata } from './wire.ts';

export async function offsetCommit(
  ask: Ask,
  member: Membership,
  topic: string,
  offsets: ReadonlyMap<number, bigint>,
): Promise<readonly PartitionOffset[]> {
  const { group, generation, memberId } = member;
  if (member.protocol === 'consumer') {
    const request: EpochCommit = { member, topic, offsets };
    return toOffsets(await ask<RawEpochCommit>('EpochCommit', request));
  }
  const partitions = [...offsets].map(([partition, offset]) => ({ partition, offset: offset.toString() }));
  const answer = await ask<RawPartitions>('OffsetCommit', {
    groupId: group,
    groupGenerationId: generation,
    memberId,
    topics: [{ topic, partitions }],
  });
  return toOffsets(answer);
}

export async function offsetFetch(
  ask: Ask,
  group: string,
  topic: string,
  partitions: readonly number[],
): Promise<readonly PartitionOffset[]> {
  const topics = [{ topic, partitions: partitions.map((partition) => ({ partition })) }];
  const answer = await ask<RawPartitions & Partial<Coded>>('OffsetFetch', { groupId: group, topics });
  check(answer.errorCode ?? 0, 'read the group’s positions');
  return toOffsets(answer);
}

export async function offsetFetchAll(
  ask: Ask,
  group: string,
  topics: readonly TopicMetadata[],
): Promise<ReadonlyMap<string, readonly PartitionOffset[]>> {
  const asked = topics.map(({ name, partitions }) => ({
    topic: name,
    partitions: partitions.map(({ id }) => ({ partition: id })),
  }));
  const answer = await ask<RawPartitions & Partial<Coded>>('OffsetFetch', {
    groupId: group,
    topics: asked,
  });
  check(answer.errorCode ?? 0, 'read the group’s positions');
  return new Map(
    answer.responses
      .map((one) => [one.topic ?? '', toOffsets({ responses: [one] })] as const)
      .filter(([, offsets]) => offsets.some(({ offset }) => offset >= 0n)),
  );
}

export async function offsetDelete(
  ask: Ask,
  group: string,
  topic: string,
  partitions: readonly number[],
): Promise<readonly Pick<PartitionOffset, 'partition' | 'error'>[]> {
  const request: OffsetDeleteRequest = { group, topic, partitions };
  const answer = await ask<RawOffsetDelete>('OffsetDelete', request);
  check(answer.errorCode === unknownGroup ? 0 : answer.errorCode, 'delete the group’s positions');
  return answer.partitions.map(({ partition, errorCode }) => ({ partition, error: errorCode }));
}
