import { atLeast } from '../checks/check.ts';
import type { Scenario } from '../run/scenario.ts';
import { fails } from './refusals.ts';

export const listedMembers: Scenario = {
  id: 'groups/members-can-be-listed',
  title: 'groups are listed with their topics, and their members with what each of them holds',
  needs: {
    capability: 'members',
    isDeclared: ({ members }) => members,
    refused: async (stage) => {
      const topic = stage.topic();
      const { streams } = await stage.client([topic]);
      return { 'ask for the members': await fails('unsupported', () => streams.admin.members(topic, 'g')) };
    },
  },
  async run(stage) {
    const [topic, another] = [stage.topic({ partitions: 4 }), stage.topic({ partitions: 1 })];
    const { streams } = await stage.client([topic, another]);
    await stage.load.sendAll(streams.producer(topic), topic, { events: 40, keys: 20 });
    const first = await stage.member(topic, { handle: () => undefined });
    const second = await stage.member(topic, { handle: () => undefined });
    const share = stage.capabilities.settlement === 'individual' ? 1 : 2;
    await stage.until('both hold their share', () =>
      [first, second].every(({ consumer }) => consumer.assignments.length === share),
    );
    await stage.untilSettled(topic);
    const held = new Map([
      [first.name, first.consumer.assignments],
      [second.name, second.consumer.assignments],
    ]);
    const members = await streams.admin.members(topic, 'g');
    const ids = new Set(members.map(({ id }) => id));
    const groups = (await streams.admin.allGroups()).filter(({ topic: name }) =>
      [topic.name, another.name].includes(name),
    );
    const ofAnother = await streams.admin.members(another, 'g');
    await Promise.all([first.consumer.close(), second.consumer.close()]);
    return {
      'each with what it holds': [...held].flatMap(([client, partitions]) => {
        const found = members.filter(({ clientId }) => clientId === client).flatMap((member) => member.partitions);
        return same(found, partitions)
          ? []
          : [`${client} holds ${String(partitions)}, and is listed with ${String(found)}`];
      }),
      'one entry for each': ids.size === 2 && members.length === 2 ? [] : [`${members.length} members are listed`],
      'groups with their topics':
        groups.length === 1 && groups[0]?.topic === topic.name && groups[0].group === 'g'
          ? []
          : [`listed are ${groups.map((one) => `${one.group} of ${one.topic}`).join(', ')}`],
      'none of another topic': ofAnother.map(({ id }) => `${id} is listed as a member on a topic that nobody reads`),
      'nobody who left': (await streams.admin.members(topic, 'g')).map(({ id }) => `${id} is still listed`),
      'enough members': atLeast('members', members.length, 2),
    };
  },
};

function same(one: readonly string[], other: readonly string[]): boolean {
  return one.toSorted().join() === other.toSorted().join();
}
