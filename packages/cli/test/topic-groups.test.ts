import { StreamError } from 'isostream';
import { expect, it } from 'vitest';
import { groupsOf, lostWith } from '../src/topic-groups.ts';

const failing = (code: 'unauthorized' | 'unavailable') => ({
  groups: async (): Promise<never> => {
    throw new StreamError(code, 'refused', { where: 'test' });
  },
});

it('who may delete or describe a topic need not be allowed to list its groups, and is told that they are not known', async () => {
  expect(await groupsOf(failing('unauthorized'), 'orders')).toBeNull();
  await expect(groupsOf(failing('unavailable'), 'orders')).rejects.toMatchObject({ code: 'unavailable' });
  expect([null, [], ['billing', 'audit']].map((groups) => lostWith('orders', groups))).toEqual([
    'topic orders with all its events and its groups, which are not listed to you',
    'topic orders with all its events and no groups',
    'topic orders with all its events and its groups billing, audit',
  ]);
});
