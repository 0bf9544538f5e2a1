import { toStreamError } from '../errors.ts';
import { describeGroup } from '../group/foreign-group.ts';
import { changeConfigs } from '../topic-configs.ts';
import type { Wire } from './wire.ts';

/** What of Kafka isostream does not cover. Each method makes its requests once, and throws `StreamError`. */
export interface KafkaNative {
  /** Ids of the brokers that are up, and of the one that controls the cluster (-1 while there is none). */
  brokers(): Promise<{ readonly brokers: readonly number[]; readonly controller: number }>;
  /** Every setting that is in force for a topic, also inherited ones, under Kafka's names; `null` for what Kafka keeps secret. */
  topicConfigs(topic: string): Promise<Readonly<Record<string, string | null>>>;
  /** Changes settings of a topic, under Kafka's names; others stay. Not atomic: of two changes at the same time one may be lost. */
  setTopicConfigs(topic: string, configs: Readonly<Record<string, string>>): Promise<void>;
  /** What the group's coordinator knows of it; state `Dead` for a group that it does not know. */
  describeGroup(group: string): Promise<KafkaGroup>;
}

/** A consumer group as its coordinator sees it. */
export interface KafkaGroup {
  /** Kafka's word: `Stable`, `PreparingRebalance`, `CompletingRebalance`, `Empty` or `Dead`. */
  readonly state: string;
  readonly members: number;
  /** All topics that its members subscribe to. */
  readonly topics: readonly string[];
}

export function createNative(wire: Wire): KafkaNative {
  const asked = async <Answer>(what: string, ask: () => Promise<Answer>): Promise<Answer> => {
    try {
      return await ask();
    } catch (thrown) {
      throw toStreamError(thrown, what);
    }
  };
  return {
    brokers: () =>
      asked('the brokers cannot be listed', async () => {
        const { nodes, controller } = await wire.metadata([]);
        return { brokers: nodes, controller };
      }),
    topicConfigs: (topic) =>
      asked(`the settings of topic "${topic}" cannot be read`, async () =>
        Object.fromEntries((await wire.describeConfigs(topic)).map(({ name, value }) => [name, value])),
      ),
    setTopicConfigs: (topic, configs) =>
      asked(`the settings of topic "${topic}" cannot be changed`, () => changeConfigs(wire, topic, configs)),
    describeGroup: (group) =>
      asked(`group "${group}" cannot be described`, async () => {
        const { state, members } = await describeGroup(wire, await wire.coordinator(group), group);
        return { state, members: members.length, topics: [...new Set(members.flatMap(({ topics }) => topics))] };
      }),
  };
}
