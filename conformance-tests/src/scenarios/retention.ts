import type { TopicDescription } from '@isostream/core/adapter';
import { atLeast } from '../checks/check.ts';
import { ofKind } from '../history/history.ts';
import { type LoadTopic, loadTopic } from '../load/load-topic.ts';
import type { Scenario } from '../run/scenario.ts';
import type { Stage } from '../run/stage.ts';
import { fails } from './refusals.ts';

const day = 86_400_000;

export const retention: Scenario = {
  id: 'retention/retention-is-changed',
  title: 'retention is kept as declared, changed by one call, and shortened only with consent',
  needs: {
    capability: 'retention.mutable',
    isDeclared: ({ retention: { mutable, minMs, maxMs } }) => mutable && minMs <= day && maxMs >= 3 * day,
    refused: async (stage) => ({
      'declare a retention': await fails('unsupported', () =>
        stage.client([stage.topic({ partitions: 1, retention: '3d' })]),
      ),
    }),
  },
  async run(stage) {
    const topic = stage.topic({ partitions: 2, retention: '2d', maxEventBytes: '64kb' });
    const { streams } = await stage.client([topic]);
    const { admin } = streams;
    const keeping = (time: '1d' | '2d' | '3d'): LoadTopic => loadTopic(topic.name, { retention: time });
    const described = () => admin.describe(topic);
    const created = await described();
    await stage.load.sendAll(streams.producer(topic), topic, { events: 100, keys: 10 });

    const longer = await admin.ensure(keeping('3d'));
    const lengthened = await described();
    const unasked = await fails('consent-required', () => admin.ensure(keeping('1d')));
    const refused = await described();
    const mismatch = await fails('topic-mismatch', () => admin.validate(keeping('1d')));
    await admin.ensure(keeping('1d'), { consent: ['shorten-retention'] });
    const shortened = await described();

    let kept = 0;
    if (stage.capabilities.replay) await streams.replay(topic, { from: 'earliest' }).run(() => void kept++);
    return {
      'created as declared': reads(stage, created, 2 * day),
      'made longer': [
        ...reads(stage, lengthened, 3 * day),
        ...(longer.change === 'alter' ? [] : [`ensure says ${longer.change}, not alter`]),
      ],
      'shorter without consent': unasked,
      'a refusal changes nothing': reads(stage, refused, 3 * day),
      'another one is a mismatch': mismatch,
      'made shorter with consent': reads(stage, shortened, day),
      'young events are kept': stage.capabilities.replay && kept !== 100 ? [`${kept} of 100 events are left`] : [],
      'enough traffic': atLeast('acknowledged events', ofKind(stage.history.entries, 'sent').length, 100),
    };
  },
};

/** The retention is this one, and what nobody asked to change is as it was created. */
function reads(stage: Stage, topic: TopicDescription | undefined, retentionMs: number): readonly string[] {
  const partitions = stage.capabilities.settlement === 'individual' ? undefined : 2;
  const expected = { retentionMs, partitions, maxEventBytes: 65_536 };
  return Object.entries(expected).flatMap(([name, value]) => {
    const found: unknown = Object.entries(topic ?? {}).find(([property]) => property === name)?.[1];
    return found === value ? [] : [`${name} is ${String(found)}, not ${value}`];
  });
}
