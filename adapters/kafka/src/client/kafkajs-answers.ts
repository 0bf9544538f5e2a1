import type { ClusterMetadata, PartitionOffset } from './wire.ts';
import { WireError } from './wire-error.ts';

// Shapes of kafkajs's decoded answers; they are as its decoders write them.
export interface Coded {
  readonly errorCode: number;
}

export interface RawMetadata {
  readonly brokers: readonly { readonly nodeId: number; readonly host: string; readonly port: number }[];
  readonly controllerId: number;
  readonly topicMetadata: readonly {
    readonly topic: string;
    readonly topicErrorCode: number;
    readonly isInternal?: boolean;
    readonly partitionMetadata: readonly {
      readonly partitionId: number;
      readonly leader: number;
      readonly replicas: readonly number[];
    }[];
  }[];
}

export interface RawProduce {
  readonly topics: readonly {
    readonly partitions: readonly (Coded & { readonly partition: number; readonly baseOffset: string })[];
  }[];
}

export interface RawPartitions {
  readonly responses: readonly {
    readonly topic?: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly errorCode: number;
      readonly offset?: string;
    }[];
  }[];
}

export interface RawTopicErrors {
  readonly topicErrors: readonly { readonly errorCode: number; readonly errorMessage?: string | null }[];
}

export interface RawJoin extends Coded {
  readonly generationId: number;
  readonly leaderId: string;
  readonly memberId: string;
  readonly members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[];
}

/** Sends a request to one broker and resolves with its answer, which may come later by `waitMs`. */
export type Ask = <Answer>(api: string, parameters: object, waitMs?: number) => Promise<Answer>;

export const unsupportedVersion = 35;
export const unknownGroup = 69;

/** `undefined` from a broker that does not know the request in a version that can be used. */
export async function ifKnown<Answer>(asked: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof WireError && error.code === unsupportedVersion) return undefined;
    throw error;
  }
}

/** Throws for any code but zero. */
export function check(code: number, what: string, detail?: string | null): void {
  if (code !== 0)
    throw new WireError('protocol', `could not ${what}: ${detail ?? `Kafka error ${code}`}`, { code, sent: 'maybe' });
}

export function checkTopics(answer: RawTopicErrors, what: string): void {
  const [first] = answer.topicErrors;
  check(first?.errorCode ?? 0, what, first?.errorMessage);
}

export function toOffsets(answer: RawPartitions): PartitionOffset[] {
  return answer.responses.flatMap((response) =>
    response.partitions.map(({ partition, errorCode, offset = '-1' }) => ({
      partition,
      error: errorCode,
      offset: BigInt(offset),
    })),
  );
}

export function toMetadata({ brokers, controllerId, topicMetadata }: RawMetadata): ClusterMetadata {
  return {
    nodes: brokers.map(({ nodeId }) => nodeId),
    controller: controllerId,
    topics: topicMetadata.map(({ topic, topicErrorCode, isInternal = false, partitionMetadata }) => ({
      name: topic,
      error: topicErrorCode,
      isInternal,
      partitions: partitionMetadata
        .map(({ partitionId, leader, replicas }) => ({ id: partitionId, leader, replicas: replicas.length }))
        .toSorted((a, b) => a.id - b.id),
    })),
  };
}
