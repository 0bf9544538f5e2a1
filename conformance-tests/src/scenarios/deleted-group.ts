import { StreamError } from '@isostream/core';
import { atLeast } from '../checks/check.ts';
import { allDelivered } from '../checks/delivery.ts';
import { between } from '../checks/limits.ts';
import { ofGroup, ofKind } from '../history/history.ts';
import type { LoadTopic } from '../load/load-topic.ts';
import { because, type Scenario } from '../run/scenario.ts';
import type { Stage } from '../run/stage.ts';
import { fails } from './refusals.ts';

export const deletedGroup: Scenario = {
  id: 'start-replay/a-group-is-deleted',
  title: 'a group that is deleted starts anew, one that has members stays or tells them, and no other group notices',
  without: because(
    'the group starts anew',
    'exactly once',
    'repeats were uncommitted',
    'monotonic commits',
    'fencing tokens grow',
  ),
  async run(stage) {
    const topic = stage.topic({ partitions: 4 });
    const { streams } = await stage.client([topic]);
    const producer = streams.producer(topic);
    await stage.load.sendAll(producer, topic, { events: 300, keys: 30 });
    const first = await stage.member(topic, { handle: () => undefined });
    const other = await stage.member(topic, { group: 'other', handle: () => undefined });
    await stage.untilSettled(topic);
    await stage.untilSettled(topic, 'other');
    const whileActive =
      stage.capabilities.settlement === 'individual'
        ? await endsItsMembers(stage, topic)
        : await fails('conflict', () => streams.admin.deleteGroup(topic, 'g'));
    await Promise.all([first.consumer.close(), other.consumer.close()]);
    await streams.admin.deleteGroup(topic, 'g');
    const left = await streams.admin.groups(topic);
    // Twice does no harm: a program that cleans up need not know whether it has.
    await streams.admin.deleteGroup(topic, 'g');
    stage.mark('deleted');
    const again = await stage.member(topic, { handle: () => undefined });
    const otherAgain = await stage.member(topic, { group: 'other', handle: () => undefined });
    const settled = (): number => {
      const { entries } = stage.history;
      const from = entries.findIndex((entry) => entry.kind === 'mark');
      return ofKind(ofGroup(entries.slice(from), topic.name, 'g'), 'settle').length;
    };
    await stage.until('the group has everything again', () => settled() >= 300);
    await Promise.all([again.consumer.close(), otherAgain.consumer.close()]);
    stage.mark('end');
    const after = between(stage.history.entries, 'deleted', 'end');
    const before = stage.history.entries.filter(({ kind }) => kind === 'send' || kind === 'sent');
    return {
      'not under its members without a word': whileActive,
      'is not listed any more': left.includes('g') ? ['group g is still listed'] : [],
      'the other one is': left.includes('other') ? [] : [`groups are ${left.join(', ')}, and not other`],
      'everything again': allDelivered([...before, ...ofGroup(after, topic.name, 'g')]),
      'the other group did not move': ofKind(ofGroup(after, topic.name, 'other'), 'deliver').map(
        ({ id }) => `${id} was delivered to it again`,
      ),
      'enough traffic': atLeast('events again', settled(), 300),
    };
  },
};

/** A service without partitions knows no members: those that a group still has are told. */
async function endsItsMembers(stage: Stage, topic: LoadTopic): Promise<readonly string[]> {
  const { streams } = await stage.client([topic]);
  const consumer = streams.consumer(topic, { group: 'ended', clientId: 'ended' });
  let ended: string | undefined;
  consumer
    .run(() => undefined)
    .then(
      () => (ended = 'without an error'),
      (error: unknown) => (ended = StreamError.is(error) ? error.code : String(error)),
    );
  await stage.until('the member is assigned', () => consumer.assignments.length === 1);
  try {
    await streams.admin.deleteGroup(topic, 'ended');
  } catch (error) {
    await consumer.close();
    return StreamError.is(error) && error.code === 'conflict' ? [] : [String(error)];
  }
  await stage.until('the member ends', () => ended !== undefined);
  await consumer.close();
  return ended === 'unknown-topic' ? [] : [`its member ended: ${String(ended)}`];
}
