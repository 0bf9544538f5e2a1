import { type Topic, StreamError } from '@isostream/core';
import { type Contract, describeTopics, type TopicContract } from './contract.ts';

/** What registries have of the schemas of topics. */
export interface RegisteredContract {
  /** Only topics whose codec has a registry, with the newest schema of each event type that is registered. */
  readonly contract: Contract;
  /** `<topic> <event type>` of those that nothing is registered for yet. */
  readonly absent: readonly string[];
}

/**
 * The contract of these topics with the newest schemas that the registries of their codecs have, to compare the topics' own with.
 * Registers nothing. Throws `invalid-config` if no topic has a codec with a registry; rejects as a registry does that is away.
 */
export async function registeredContract(topics: readonly Topic[]): Promise<RegisteredContract> {
  const own = describeTopics(topics);
  const found = new Map<string, TopicContract>();
  const absent: string[] = [];
  for (const { name: topic, events = {}, codec } of topics) {
    const described = own.topics[topic];
    const newest = codec?.schemas?.newest;
    if (described === undefined || newest === undefined) continue;
    const schemas = new Map<string, unknown>();
    for (const type of Object.keys(events).toSorted()) {
      const schema = await newest({ topic, type });
      if (schema === undefined) absent.push(`${topic} ${type}`);
      else schemas.set(type, schema);
    }
    found.set(topic, { ...described, codecSchemas: Object.fromEntries(schemas) });
  }
  if (found.size === 0)
    throw new StreamError(
      'invalid-config',
      'no topic has a codec with a schema registry. Give registry to the codec, or compare with a file or a git ref',
      { where: 'contracts' },
    );
  return { contract: { ...own, topics: Object.fromEntries(found) }, absent };
}
