import { compressor } from './codecs.ts';
import { decodeFetch } from './fetch-answer.ts';
import type { ConnectOptions } from './kafkajs-connection.ts';
import type { Address } from './socket.ts';
import { KafkajsConnections } from './kafkajs-connections.ts';
import { describe, type RawGroup } from './described-group.ts';
import type { RawConsumerGroup } from './consumer-describe.ts';
import type { RawGroupKinds } from './group-kinds.ts';
import {
  type Ask,
  check,
  checkTopics,
  type Coded,
  ifKnown,
  type RawMetadata,
  type RawPartitions,
  type RawProduce,
  type RawTopicErrors,
  toMetadata,
  toOffsets,
  unknownGroup,
  unsupportedVersion,
} from './kafkajs-answers.ts';
import { joinGroup, syncGroup } from './kafkajs-members.ts';
import { offsetCommit, offsetDelete, offsetFetch, offsetFetchAll } from './kafkajs-positions.ts';
import { compressedProduceBody, produceBody } from './produce-body.ts';
import type { RawTopicId } from './topic-id.ts';
import type {
  Assignment,
  ClusterMetadata,
  ConfigEntry,
  ConsumerHeartbeat,
  ConsumerHeartbeatAnswer,
  FetchRequest,
  FetchResult,
  GroupDescription,
  GroupKind,
  JoinRequest,
  JoinResult,
  Membership,
  NewTopic,
  NodeId,
  PartitionOffset,
  TopicMetadata,
  Wire,
} from './wire.ts';
import type { ProduceRequest, ProduceResult, ProducerIdentity } from './produce-request.ts';

const readCommitted = 1;
const topicResource = 2;
/** `configSource` of a setting made on the topic itself. */
const ownConfig = 1;
const groupResource = 32;

/** The {@link Wire} over kafkajs's protocol layer. */
export class KafkajsWire implements Wire {
  readonly #connections: KafkajsConnections;

  /** Wires of one cluster may have one book of addresses: what one learned, all know. */
  constructor(options: ConnectOptions, addresses?: Map<NodeId, Address>) {
    this.#connections = new KafkajsConnections(options, addresses);
  }

  async metadata(topics: readonly string[] | 'all', node?: NodeId): Promise<ClusterMetadata> {
    const parameters = { topics: topics === 'all' ? [] : topics, allowAutoTopicCreation: false };
    const answer = await (node === undefined
      ? this.#any<RawMetadata>('Metadata', parameters)
      : this.#send<RawMetadata>(node, 'Metadata', parameters));
    for (const { nodeId, host, port } of answer.brokers) this.#connections.learn(nodeId, host, port);
    return toMetadata(answer);
  }

  async topicId(topic: string): Promise<string | undefined> {
    return (await ifKnown(this.#any<RawTopicId>('TopicId', { topic })))?.id;
  }

  async coordinator(group: string): Promise<NodeId> {
    const answer = await this.#any<
      Coded & { readonly coordinator: { readonly nodeId: number; readonly host: string; readonly port: number } }
    >('GroupCoordinator', { groupId: group });
    check(answer.errorCode, 'find the coordinator');
    const { nodeId, host, port } = answer.coordinator;
    this.#connections.learn(nodeId, host, port);
    return nodeId;
  }

  async initProducerId(): Promise<ProducerIdentity> {
    const answer = await this.#any<Coded & { readonly producerId: string; readonly producerEpoch: number }>(
      'InitProducerId',
      { transactionalId: null },
    );
    check(answer.errorCode, 'get a producer id');
    return { id: answer.producerId, epoch: answer.producerEpoch };
  }

  async produce(node: NodeId, request: ProduceRequest): Promise<readonly ProduceResult[]> {
    const { compression } = request;
    const body =
      compression === 'none' ? produceBody(request) : await compressedProduceBody(request, compressor(compression));
    const answer = await this.#connections.send<RawProduce>(node, 'Produce', {}, { body });
    return answer.topics.flatMap((each) =>
      each.partitions.map(({ partition, errorCode, baseOffset }) => ({
        partition,
        error: errorCode,
        baseOffset: BigInt(baseOffset),
      })),
    );
  }

  async fetch(node: NodeId, { maxWaitMs, maxBytes, rack = '', topics }: FetchRequest): Promise<readonly FetchResult[]> {
    const asked = topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition, offset, maxBytes: limit }) => ({
        partition,
        fetchOffset: offset.toString(),
        maxBytes: limit,
      })),
    }));
    const names = new Set(topics.map(({ topic }) => topic));
    const answer = await this.#connections.send(
      node,
      'Fetch',
      { isolationLevel: readCommitted, maxWaitTime: maxWaitMs, minBytes: 1, maxBytes, rackId: rack, topics: asked },
      { waitMs: maxWaitMs, decode: (frame, version) => decodeFetch(names, frame, version) },
    );
    check(answer.errorCode, 'fetch');
    return answer.results;
  }

  async listOffsets(
    node: NodeId,
    topic: string,
    timestamp: number,
    partitions: readonly number[],
  ): Promise<readonly PartitionOffset[]> {
    const topics = [{ topic, partitions: partitions.map((partition) => ({ partition, timestamp })) }];
    return toOffsets(await this.#send<RawPartitions>(node, 'ListOffsets', { isolationLevel: readCommitted, topics }));
  }

  async joinGroup(node: NodeId, request: JoinRequest): Promise<JoinResult> {
    return joinGroup(this.#at(node), request);
  }

  async syncGroup(node: NodeId, member: Membership, assignments: ReadonlyMap<string, Assignment>): Promise<Assignment> {
    return syncGroup(this.#at(node), member, assignments);
  }

  async heartbeat(node: NodeId, { group, generation, memberId }: Membership): Promise<void> {
    const answer = await this.#send<Coded>(node, 'Heartbeat', {
      groupId: group,
      groupGenerationId: generation,
      memberId,
    });
    check(answer.errorCode, 'heartbeat');
  }

  async leaveGroup(node: NodeId, { group, memberId }: Membership): Promise<void> {
    const answer = await this.#send<Coded>(node, 'LeaveGroup', { groupId: group, memberId, members: [{ memberId }] });
    check(answer.errorCode, 'leave the group');
  }

  async consumerHeartbeat(node: NodeId, member: ConsumerHeartbeat): Promise<ConsumerHeartbeatAnswer> {
    return this.#send<ConsumerHeartbeatAnswer>(node, 'ConsumerHeartbeat', member);
  }

  async groupSessionMs(group: string): Promise<number | undefined> {
    const configs = await this.#configs(groupResource, group, `the settings of group "${group}"`);
    const value = Number(configs.find(({ name }) => name === 'consumer.session.timeout.ms')?.value ?? Number.NaN);
    return value > 0 ? value : undefined;
  }

  async describeConsumerGroup(node: NodeId, group: string): Promise<GroupDescription | undefined> {
    const answer = await ifKnown(this.#send<RawConsumerGroup | undefined>(node, 'ConsumerDescribe', { group }));
    if (answer === undefined || answer.errorCode === unsupportedVersion) return undefined;
    if (answer.errorCode === unknownGroup) return { state: 'Dead', members: [] };
    check(answer.errorCode, `describe group "${group}"`);
    return answer;
  }

  async offsetCommit(
    node: NodeId,
    member: Membership,
    topic: string,
    offsets: ReadonlyMap<number, bigint>,
  ): Promise<readonly PartitionOffset[]> {
    return offsetCommit(this.#at(node), member, topic, offsets);
  }

  async offsetFetch(
    node: NodeId,
    group: string,
    topic: string,
    partitions: readonly number[],
  ): Promise<readonly PartitionOffset[]> {
    return offsetFetch(this.#at(node), group, topic, partitions);
  }

  async offsetFetchAll(
    node: NodeId,
    group: string,
    topics: readonly TopicMetadata[],
  ): Promise<ReadonlyMap<string, readonly PartitionOffset[]>> {
    return offsetFetchAll(this.#at(node), group, topics);
  }

  async offsetDelete(
    node: NodeId,
    group: string,
    topic: string,
    partitions: readonly number[],
  ): Promise<readonly Pick<PartitionOffset, 'partition' | 'error'>[]> {
    return offsetDelete(this.#at(node), group, topic, partitions);
  }

  async createTopic(node: NodeId, { name, partitions, replicationFactor, configs }: NewTopic): Promise<void> {
    const configEntries = Object.entries(configs).map(([entry, value]) => ({ name: entry, value }));
    const topics = [{ topic: name, numPartitions: partitions, replicationFactor, configEntries }];
    checkTopics(
      await this.#send<RawTopicErrors>(node, 'CreateTopics', { topics, validateOnly: false, timeout: 15_000 }),
      `create topic "${name}"`,
    );
  }

  async deleteTopic(node: NodeId, name: string): Promise<void> {
    checkTopics(
      await this.#send<RawTopicErrors>(node, 'DeleteTopics', { topics: [name], timeout: 15_000 }),
      `delete topic "${name}"`,
    );
  }

  async createPartitions(node: NodeId, name: string, count: number): Promise<void> {
    const request = { topicPartitions: [{ topic: name, count }], validateOnly: false, timeout: 15_000 };
    checkTopics(
      await this.#send<RawTopicErrors>(node, 'CreatePartitions', request),
      `add partitions to topic "${name}"`,
    );
  }

  async describeConfigs(topic: string): Promise<readonly ConfigEntry[]> {
    return this.#configs(topicResource, topic, `the settings of topic "${topic}"`);
  }

  async alterConfigs(topic: string, configs: Readonly<Record<string, string>>): Promise<void> {
    const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }));
    const answer = await this.#any<{ readonly resources: readonly Coded[] }>('AlterConfigs', {
      resources: [{ type: topicResource, name: topic, configEntries }],
      validateOnly: false,
    });
    check(answer.resources[0]?.errorCode ?? 0, `change the settings of topic "${topic}"`);
  }

  async listGroups(node: NodeId): Promise<readonly string[]> {
    const answer = await this.#send<Coded & { readonly groups: readonly { readonly groupId: string }[] }>(
      node,
      'ListGroups',
      {},
    );
    check(answer.errorCode, 'list the groups');
    return answer.groups.map((group) => group.groupId);
  }

  async groupKinds(node: NodeId): Promise<ReadonlyMap<string, GroupKind>> {
    const answer = await ifKnown(this.#send<RawGroupKinds>(node, 'GroupKinds', {}));
    check(answer?.errorCode ?? 0, 'list the groups');
    return answer?.kinds ?? new Map<string, GroupKind>();
  }

  async describeGroup(node: NodeId, group: string): Promise<GroupDescription> {
    const answer = await this.#send<{ readonly groups: readonly (Coded & RawGroup)[] }>(node, 'DescribeGroups', {
      groupIds: [group],
    });
    const [found] = answer.groups;
    check(found?.errorCode ?? 0, `describe group "${group}"`);
    return describe(found);
  }

  async close(): Promise<void> {
    this.#connections.close();
  }

  async #configs(type: number, name: string, what: string): Promise<readonly ConfigEntry[]> {
    const answer = await this.#any<{
      readonly resources: readonly (Coded & {
        readonly configEntries: readonly {
          readonly configName: string;
          readonly configValue: string | null;
          readonly configSource: number;
        }[];
      })[];
    }>('DescribeConfigs', { resources: [{ type, name, configNames: [] }], includeSynonyms: false });
    const [resource] = answer.resources;
    check(resource?.errorCode ?? 0, `read ${what}`);
    return (resource?.configEntries ?? []).map(({ configName, configValue, configSource }) => ({
      name: configName,
      value: configValue,
      isOwn: configSource === ownConfig,
    }));
  }

  /** Requests to one broker. */
  #at(node: NodeId): Ask {
    return (api, parameters, waitMs) => this.#send(node, api, parameters, waitMs);
  }

  async #send<Answer>(node: NodeId, api: string, parameters: object, waitMs?: number): Promise<Answer> {
    return this.#connections.send(node, api, parameters, waitMs === undefined ? {} : { waitMs });
  }

  async #any<Answer>(api: string, parameters: object): Promise<Answer> {
    return (await this.#connections.sendToAny(api, parameters)) as Answer;
  }
}
