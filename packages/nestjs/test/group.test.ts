import { defineTopic } from 'isostream';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { groupsOf, type Member } from '../src/group.ts';

const table = defineTopic('table', {
  events: { saved: z.object({ id: z.string() }) },
  key: (event) => event.data.id,
  tombstones: true,
});

const member = (type: string): Member => ({
  topic: table,
  kind: 'event',
  types: [type],
  skip: [],
  options: { group: 'g' },
  batch: {},
  where: type,
  call: async () => type,
});

it('tombstones that a topic declares have a method of their own, or are named in skip', async () => {
  expect(() => groupsOf([member('saved')])).toThrow('no method is for tombstone');
  const [group] = groupsOf([member('saved'), member('tombstone')]);
  expect(await group?.methodFor('tombstone')()).toBe('tombstone');
  expect(() => groupsOf([{ ...member('saved'), skip: ['tombstone'] }])).not.toThrow();
});
