import { StreamError } from '@isostream/core';
import { type Adapter, openAdapter } from '@isostream/core/adapter';
import type { Harness } from '../suites/harness.ts';

/** What a scenario created goes, dead letters included; a service that is gone has nothing to delete. */
export async function deleteTopics(harness: Harness, prefix: string): Promise<void> {
  const adapter = openAdapter(harness.createAdapter('cleanup'));
  try {
    for (const name of await adapter.admin.listTopics())
      if (name.startsWith(prefix)) await deleteTopic(harness, adapter, name);
  } catch (error) {
    if (!StreamError.is(error) || error.code !== 'unavailable') throw error;
  } finally {
    await adapter.close();
  }
}

/** With its groups, on a service that others use as well: nobody else would ever delete them. */
async function deleteTopic({ prefix }: Harness, { admin }: Adapter, topic: string): Promise<void> {
  if (prefix !== undefined) for (const group of await admin.listGroups(topic)) await admin.deleteGroup(topic, group);
  await admin.deleteTopic(topic);
}
