import type { Position } from '../model/encoded.ts';

/** A topic's storage in plain units; what is absent is left as it is, or to the provider. */
export interface TopicSettings {
  readonly partitions?: number;
  readonly retentionMs?: number;
  readonly retentionBytes?: number;
  readonly compaction?: boolean;
  readonly replicationFactor?: number;
  readonly minInSync?: number;
  readonly maxEventBytes?: number;
  /** Given when a topic is created: events may bring the time at which they count as stored. Absent: the service's clock alone says so, where the provider lets one choose. */
  readonly storedTime?: 'sender';
}

export interface TopicDescription extends TopicSettings {
  readonly name: string;
  readonly partitionNames: readonly string[];
}

/** How far a group is behind in one partition. */
export interface PartitionLag {
  readonly partition: string;
  /** Stored events that the group has not committed; `undefined` where the provider cannot count. */
  readonly events: number | undefined;
  /** Age of the oldest event that is not committed, in milliseconds; 0 with no lag; `undefined` where unknown. */
  readonly ms: number | undefined;
  readonly committed: Position | undefined;
  readonly end: Position | undefined;
}

/** A position that somebody gave, and what is wrong with it. */
export interface WrongPosition {
  readonly partition: string;
  /** There is no such partition; its text is none of this provider's; or it lies behind everything that is stored. */
  readonly problem: 'no-partition' | 'no-position' | 'beyond-end';
}

/** A group, and a topic in which it has a position. */
export interface TopicGroup {
  readonly topic: string;
  readonly group: string;
}

/** A member of a group, as whoever runs the group knows it. */
export interface GroupMember {
  /** Another one for each run of a member. */
  readonly id: string;
  /** The name that the member gave itself; `undefined` where that is not told. */
  readonly clientId: string | undefined;
  /** Where it runs; `undefined` where that is not told. */
  readonly host: string | undefined;
  /** The partitions of the topic that it holds, in no order. */
  readonly partitions: readonly string[];
}

/** Topics and groups of one service. Core decides what to ask for; an adapter changes only what it is asked. */
export interface Admin {
  listTopics(signal?: AbortSignal): Promise<readonly string[]>;
  describeTopic(name: string, signal?: AbortSignal): Promise<TopicDescription | undefined>;
  /** Resolves when the topic can be written and read. Throws `conflict` where it exists. */
  createTopic(name: string, settings: TopicSettings, signal?: AbortSignal): Promise<void>;
  /** Changes the given settings and no other. Core has asked for consent where one is needed. */
  alterTopic(name: string, settings: TopicSettings, signal?: AbortSignal): Promise<void>;
  /** Resolves when the topic is gone. Throws `unknown-topic`. */
  deleteTopic(name: string, signal?: AbortSignal): Promise<void>;
  listGroups(topic: string, signal?: AbortSignal): Promise<readonly string[]>;
  /** Every group with each topic in which it has a position, without a request for each topic where the service allows that. */
  listAllGroups(signal?: AbortSignal): Promise<readonly TopicGroup[]>;
  /**
   * Who reads the topic in the group; where the group is kept in leases, members that hold one, until these run out. Never
   * asked where capabilities say that nobody knows. Throws `unsupported` for members that cannot be seen from here.
   */
  listMembers(topic: string, group: string, signal?: AbortSignal): Promise<readonly GroupMember[]>;
  lag(topic: string, group: string, signal?: AbortSignal): Promise<readonly PartitionLag[]>;
  /**
   * Those of these positions at which nobody can start. The end of a partition is a position, and so is one that retention
   * has passed. Core asks before it starts a replay or moves a group anywhere; never where there are no positions.
   */
  wrongPositions(
    topic: string,
    positions: ReadonlyMap<string, Position>,
    signal?: AbortSignal,
  ): Promise<readonly WrongPosition[]>;
  /** Sets a group's position. Throws `conflict` while the group has members, without effect. */
  resetGroup(
    topic: string,
    group: string,
    to: 'earliest' | 'latest' | Date | ReadonlyMap<string, Position>,
    signal?: AbortSignal,
  ): Promise<void>;
  /**
   * Forgets a group's position in the topic, and whatever the service keeps for it; no effect where there is nothing.
   * Throws `conflict` while the group has members, without effect.
   */
  deleteGroup(topic: string, group: string, signal?: AbortSignal): Promise<void>;
}
