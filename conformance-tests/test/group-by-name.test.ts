import { defineTopic } from '@isostream/core';
import { type Admin, openAdapter } from '@isostream/core/adapter';
import { createMemory } from '@isostream/memory';
import { describe, expect, it } from 'vitest';
import { useGroupByName } from '../src/run/group-by-name.ts';

const topic = defineTopic('named_by-others', { raw: true, partitions: 1 });
const group = 'größe 注文';

/** What is found where the admin of a provider is wrong like this. */
async function findingsWith(change: (admin: Admin) => Partial<Admin>): Promise<readonly string[]> {
  const { admin, ...adapter } = openAdapter(createMemory());
  const changes = new Map<PropertyKey, unknown>(Object.entries(change(admin)));
  const wrong = new Proxy(admin, {
    get(target, name) {
      const own: unknown = changes.get(name) ?? Reflect.get(target, name, target);
      // oxlint-disable-next-line typescript/no-unsafe-return -- whatever a method gives
      return typeof own === 'function' ? (...given: unknown[]) => Reflect.apply(own, target, given) : own;
    },
  });
  return useGroupByName(Object.assign(adapter, { admin: wrong }), topic, group);
}

describe('a group under a name that others gave', () => {
  it('is found to be right', async () => {
    expect(await findingsWith(() => ({}))).toEqual([]);
  });

  it('is found not to be listed', async () => {
    expect(await findingsWith(() => ({ listGroups: async () => [] }))).toEqual([`groups are , without "${group}"`]);
  });

  it('is found to stay', async () => {
    expect(await findingsWith(() => ({ deleteGroup: async () => undefined }))).toEqual([
      `group "${group}" is listed after its deletion`,
    ]);
  });

  it('is found to be on a topic that is not listed', async () => {
    expect(await findingsWith(() => ({ listTopics: async () => ['another'] }))).toEqual([
      'topics are another, without "named_by-others"',
    ]);
  });
});
