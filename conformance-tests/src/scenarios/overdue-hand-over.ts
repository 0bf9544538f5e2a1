import { atLeast } from '../checks/check.ts';
import { untilAborted } from '../load/until-aborted.ts';
import { ofGroup, ofKind } from '../history/history.ts';
import type { Scenario } from '../run/scenario.ts';
import type { Stage } from '../run/stage.ts';
import { deliveries } from './members-at-work.ts';

const events = 40;
type LoadTopic = ReturnType<Stage['topic']>;

export const overdueHandOver: Scenario = {
  id: 'groups/a-hand-over-has-a-deadline',
  title: 'a hand-over ends at drainTimeout though handlers hang, and one by a paused member starts none',
  async run(stage) {
    const topic = stage.topic({ partitions: 4 });
    const producer = await stage.producer(topic);
    // A key each: all of them can run at once.
    const keys = Array.from({ length: events }, (_, index) => `k${index}`);
    await Promise.all(keys.map((key) => stage.load.send(producer, topic, stage.load.event(topic, key))));
    const [hanging, paused] = await Promise.all([whileHandlersHang(stage, topic), whilePaused(stage, topic)]);
    const { entries } = stage.history;
    return {
      'the deadline wins': hanging.isOver ? [] : ['a hand-over waited for handlers that hang'],
      'handlers learn it': atLeast('aborted handlers', hanging.aborted, 1),
      'what was not settled repeats': atLeast(
        'deliveries',
        ofKind(ofGroup(entries, topic.name, 'hanging'), 'deliver').length,
        events + hanging.aborted,
      ),
      'a paused one hands over': paused.isOver ? [] : ['a hand-over waited for a member that is paused'],
      'a paused one starts nothing': paused.started === 0 ? [] : [`${paused.started} handlers began while paused`],
    };
  },
};

/** Handlers of the first member hang when another joins; where none gives anything up for that, the first one leaves. */
async function whileHandlersHang(
  stage: Stage,
  topic: LoadTopic,
): Promise<{ readonly isOver: boolean; readonly aborted: number }> {
  const group = 'hanging';
  let aborted = 0;
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const first = await stage.member(topic, {
    group,
    concurrency: events,
    drainTimeout: 300,
    handle: (_, { signal }) => Promise.race([released, untilAborted(signal, () => aborted++)]),
  });
  await stage.until('all handlers hang', () => deliveries(stage.history.arrivals, first.name) === events);
  const second = await stage.member(topic, { group, handle: () => undefined });
  const leaving = stage.capabilities.settlement === 'individual' ? first.consumer.close() : undefined;
  const isOver = await stage.until('another has what hung', () => deliveries(stage.history.arrivals, second.name) > 0);
  const whenOver = aborted;
  release();
  await leaving;
  await stage.untilSettled(topic, group);
  await Promise.all([first.consumer.close(), second.consumer.close()]);
  return { isOver, aborted: whenOver };
}

/** A member is paused with handlers under way and more events queued when another joins. */
async function whilePaused(
  stage: Stage,
  topic: LoadTopic,
): Promise<{ readonly isOver: boolean; readonly started: number }> {
  const group = 'paused';
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const first = await stage.member(topic, { group, concurrency: 10, handle: () => released });
  const begun = (): number => deliveries(stage.history.arrivals, first.name);
  await stage.until('ten handlers run', () => begun() === 10);
  await stage.until('more is queued', () => first.consumer.inFlight.events > 20);
  first.consumer.pause();
  const second = await stage.member(topic, { group, handle: () => undefined });
  release();
  const handsOver = stage.capabilities.settlement === 'watermark';
  const isOver =
    !handsOver || (await stage.until('another has some', () => deliveries(stage.history.arrivals, second.name) > 0));
  const started = begun() - 10;
  first.consumer.resume();
  await stage.untilSettled(topic, group);
  await Promise.all([first.consumer.close(), second.consumer.close()]);
  return { isOver, started };
}
