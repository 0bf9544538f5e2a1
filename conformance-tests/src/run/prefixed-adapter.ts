import type { Adapter as OpaqueAdapter } from '@isostream/core';
import { type Adapter, type Admin, openAdapter } from '@isostream/core/adapter';
import type { Harness } from '../suites/harness.ts';

/**
 * The adapter, with a prefix before the name of every topic and group that it is asked for: on a service that others use as
 * well, all that the suite makes can be told by its name, and nothing else is touched. Names without it are not seen.
 */
export function prefixedAdapter(given: OpaqueAdapter, prefix: string): Adapter {
  const adapter = openAdapter(given);
  if (prefix === '') return adapter;
  const name = (plain: string): string => `${prefix}${plain}`;
  return {
    ...adapter,
    name: adapter.name,
    capabilities: adapter.capabilities,
    admin: prefixedAdmin(adapter.admin, prefix),
    createSink: (topic) => adapter.createSink(name(topic)),
    createSource: (subscription) =>
      adapter.createSource({ ...subscription, topic: name(subscription.topic), group: name(subscription.group) }),
    openRange: (range, signal) => adapter.openRange({ ...range, topic: name(range.topic) }, signal),
    connect: (signal) => adapter.connect(signal),
    close: () => adapter.close(),
  };
}

function prefixedAdmin(admin: Admin, prefix: string): Admin {
  const name = (plain: string): string => `${prefix}${plain}`;
  const isOurs = (full: string): boolean => full.startsWith(prefix);
  const plainOf = (full: string): string => full.slice(prefix.length);
  return {
    listTopics: async (signal) => (await admin.listTopics(signal)).filter(isOurs).map(plainOf),
    async describeTopic(topic, signal) {
      const description = await admin.describeTopic(name(topic), signal);
      return description && { ...description, name: topic };
    },
    createTopic: (topic, settings, signal) => admin.createTopic(name(topic), settings, signal),
    alterTopic: (topic, settings, signal) => admin.alterTopic(name(topic), settings, signal),
    deleteTopic: (topic, signal) => admin.deleteTopic(name(topic), signal),
    listGroups: async (topic, signal) => (await admin.listGroups(name(topic), signal)).filter(isOurs).map(plainOf),
    listAllGroups: async (signal) =>
      (await admin.listAllGroups(signal))
        .filter(({ topic, group }) => isOurs(topic) && isOurs(group))
        .map(({ topic, group }) => ({ topic: plainOf(topic), group: plainOf(group) })),
    listMembers: (topic, group, signal) => admin.listMembers(name(topic), name(group), signal),
    lag: (topic, group, signal) => admin.lag(name(topic), name(group), signal),
    wrongPositions: (topic, positions, signal) => admin.wrongPositions(name(topic), positions, signal),
    resetGroup: (topic, group, to, signal) => admin.resetGroup(name(topic), name(group), to, signal),
    deleteGroup: (topic, group, signal) => admin.deleteGroup(name(topic), name(group), signal),
  };
}

/** The harness with a prefix before all names, also in processes of its members. */
export function prefixedHarness(harness: Harness, prefix: string): Harness {
  const { worker } = harness;
  return {
    ...harness,
    createAdapter: (clientId) => prefixedAdapter(harness.createAdapter(clientId), prefix),
    worker: worker && { ...worker, prefix },
    prefix,
  };
}
