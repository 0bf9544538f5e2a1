import type { FetchedRecords } from './fetched-records.ts';
import type { ProduceRequest, ProducerIdentity, ProduceResult } from './produce-request.ts';

/** A broker, by the id that the cluster gave it. */
export type NodeId = number;

export interface PartitionMetadata {
  readonly id: number;
  /** -1 while an election is under way. */
  readonly leader: NodeId;
  readonly replicas: number;
}

export interface TopicMetadata {
  readonly name: string;
  /** Kafka's error code; 0 for none. */
  readonly error: number;
  readonly isInternal: boolean;
  readonly partitions: readonly PartitionMetadata[];
}

export interface ClusterMetadata {
  readonly nodes: readonly NodeId[];
  readonly controller: NodeId;
  readonly topics: readonly TopicMetadata[];
}

export interface FetchRequest {
  readonly maxWaitMs: number;
  readonly maxBytes: number;
  /** Where this client is; empty or absent where nobody is to know. */
  readonly rack?: string;
  /** Each partition once. */
  readonly topics: readonly { readonly topic: string; readonly partitions: readonly FetchedPartition[] }[];
}

export interface FetchedPartition {
  readonly partition: number;
  readonly offset: bigint;
  readonly maxBytes: number;
}

export interface FetchResult {
  readonly topic: string;
  readonly partition: number;
  readonly error: number;
  /** The end of what can be read now. */
  readonly end: bigint;
  readonly logStart: bigint;
  /** A replica to ask instead, near the client's rack; -1 for none. The answer has no records then. */
  readonly nearest: NodeId;
  /** Events alone: no marks of transactions, nothing of aborted ones. Read them soon: what is unread keeps the answer in memory. */
  readonly records: FetchedRecords;
}

export interface PartitionOffset {
  readonly partition: number;
  readonly error: number;
  readonly offset: bigint;
}

/** A member as the group's coordinator knows it. */
export interface Membership {
  readonly group: string;
  readonly memberId: string;
  /** With the newer protocol the member's epoch. */
  readonly generation: number;
  /** Default `classic`. */
  readonly protocol?: 'classic' | 'consumer';
}

/** A heartbeat of the newer group protocol (KIP-848), which says everything that there is to say. */
export interface ConsumerHeartbeat {
  readonly group: string;
  readonly memberId: string;
  /** 0 to join, -1 to leave. */
  readonly epoch: number;
  readonly topic: string;
  readonly topicId: string;
  /** Partitions that it still holds: being drained counts as held. */
  readonly owned: readonly number[];
  readonly rebalanceTimeoutMs: number;
}

export interface ConsumerHeartbeatAnswer {
  readonly errorCode: number;
  readonly errorMessage: string;
  readonly epoch: number;
  /** When the coordinator wants to hear of the member again. */
  readonly intervalMs: number;
  /** Partitions by the id of their topic; `undefined` where the answer has none. */
  readonly assignment: ReadonlyMap<string, readonly number[]> | undefined;
}

export interface JoinRequest {
  readonly group: string;
  readonly memberId: string;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly protocol: string;
  readonly subscription: Subscription;
}

/** What a member tells the group's leader. */
export interface Subscription {
  readonly topics: readonly string[];
  readonly userData: Uint8Array;
}

export interface JoinResult {
  readonly memberId: string;
  /** `undefined` where the coordinator only gave the member its id: it has not joined yet, and must do so under that id. */
  readonly generation: number | undefined;
  readonly isLeader: boolean;
  /** Empty for all but the leader. */
  readonly members: readonly { readonly memberId: string; readonly subscription: Subscription }[];
}

/** Partitions by topic. */
export type Assignment = ReadonlyMap<string, readonly number[]>;

export interface ConfigEntry {
  readonly name: string;
  readonly value: string | null;
  /** Set on the topic itself, not inherited. */
  readonly isOwn: boolean;
}

export interface NewTopic {
  readonly name: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly configs: Readonly<Record<string, string>>;
}

export interface GroupKind {
  /** `classic`, `consumer` (KIP-848), `share`, `streams`, and what later brokers add. */
  readonly type: string;
  readonly state: string;
}

export interface GroupDescription {
  readonly state: string;
  readonly members: readonly DescribedMember[];
}

/** A member as its group's coordinator shows it to others. */
export interface DescribedMember {
  readonly memberId: string;
  readonly clientId: string;
  readonly host: string;
  /** What it subscribed to. */
  readonly topics: readonly string[];
  readonly assignment: Assignment;
}

/**
 * Kafka's protocol, one method a request: the seam between this adapter and a driver.
 * A driver has no retries, no group logic and no partitioner. It throws `WireError`; errors of single partitions
 * are data. One wire is one set of connections, one to each broker.
 */
export interface Wire {
  /** As one broker knows it, which may be behind the others: the given one, or whichever answers. */
  metadata(topics: readonly string[] | 'all', node?: NodeId): Promise<ClusterMetadata>;
  /** Another topic of the same name has another; `undefined` where the topic is unknown, or the broker too old to tell. */
  topicId(topic: string): Promise<string | undefined>;
  coordinator(group: string): Promise<NodeId>;
  initProducerId(): Promise<ProducerIdentity>;
  produce(node: NodeId, request: ProduceRequest): Promise<readonly ProduceResult[]>;
  fetch(node: NodeId, request: FetchRequest): Promise<readonly FetchResult[]>;
  /** `timestamp`: milliseconds, or -2 for the first offset, or -1 for the end. */
  listOffsets(
    node: NodeId,
    topic: string,
    timestamp: number,
    partitions: readonly number[],
  ): Promise<readonly PartitionOffset[]>;
  joinGroup(node: NodeId, request: JoinRequest): Promise<JoinResult>;
  syncGroup(node: NodeId, member: Membership, assignments: ReadonlyMap<string, Assignment>): Promise<Assignment>;
  heartbeat(node: NodeId, member: Membership): Promise<void>;
  leaveGroup(node: NodeId, member: Membership): Promise<void>;
  /** Of the newer protocol; an error of the group is data. */
  consumerHeartbeat(node: NodeId, member: ConsumerHeartbeat): Promise<ConsumerHeartbeatAnswer>;
  /** How long the coordinator keeps a silent member of the newer protocol; `undefined` where the broker does not tell. */
  groupSessionMs(group: string): Promise<number | undefined>;
  /** A group of the newer protocol, `Dead` where it is not known as one; `undefined` where the broker knows no such groups. */
  describeConsumerGroup(node: NodeId, group: string): Promise<GroupDescription | undefined>;
  /** `generation` -1 and an empty `memberId` for a group without members. */
  offsetCommit(
    node: NodeId,
    member: Membership,
    topic: string,
    offsets: ReadonlyMap<number, bigint>,
  ): Promise<readonly PartitionOffset[]>;
  /** Offset -1 where the group has none. */
  offsetFetch(
    node: NodeId,
    group: string,
    topic: string,
    partitions: readonly number[],
  ): Promise<readonly PartitionOffset[]>;
  /** Of many topics at once, by topic; without those in which the group has none. */
  offsetFetchAll(
    node: NodeId,
    group: string,
    topics: readonly TopicMetadata[],
  ): Promise<ReadonlyMap<string, readonly PartitionOffset[]>>;
  /** Forgets the group's positions in one topic; nothing where it has none. An error a partition that still has members. */
  offsetDelete(
    node: NodeId,
    group: string,
    topic: string,
    partitions: readonly number[],
  ): Promise<readonly Pick<PartitionOffset, 'partition' | 'error'>[]>;
  createTopic(node: NodeId, topic: NewTopic): Promise<void>;
  deleteTopic(node: NodeId, name: string): Promise<void>;
  createPartitions(node: NodeId, name: string, count: number): Promise<void>;
  describeConfigs(topic: string): Promise<readonly ConfigEntry[]>;
  /** Replaces every own setting of the topic: what is left out goes back to its default. */
  alterConfigs(topic: string, configs: Readonly<Record<string, string>>): Promise<void>;
  listGroups(node: NodeId): Promise<readonly string[]>;
  /** The kinds of the groups that this broker coordinates; none where it is too old to tell. */
  groupKinds(node: NodeId): Promise<ReadonlyMap<string, GroupKind>>;
  describeGroup(node: NodeId, group: string): Promise<GroupDescription>;
  close(): Promise<void>;
}
