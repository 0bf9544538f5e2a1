import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { isTrimmed } from './not-about.ts';
import { StreamError, type TopicStorage } from '@isostream/core';
import { atLeast } from '../checks/check.ts';
import { ofKind } from '../history/history.ts';
import { loadTopic } from '../load/load-topic.ts';
import type { Scenario } from '../run/scenario.ts';
import { fails } from './refusals.ts';

const gapChannel = 'isostream:consume:gap';
/** Every service that can keep events for so short a time removes them soon after. */
const keptMs = 1_000;

export const expiry: Scenario = {
  id: 'retention/events-expire-by-themselves',
  title:
    'events that are older than their retention go by themselves, and a group that had not read them is told how many',
  // Only a broker of the suite's own looks so often for what is too old.
  breaks: true,
  needs: {
    capability: `retention of ${keptMs} ms`,
    isDeclared: ({ retention, settlement }) =>
      settlement === 'watermark' && retention.mutable && retention.minMs <= keptMs,
    refused: async (stage) => {
      const declaring = (): Promise<unknown> => stage.client([stage.topic({ partitions: 1, retention: keptMs })]);
      const { retention } = stage.capabilities;
      // Where events are settled one by one no position tells of a gap; so short a retention may be declared all the same.
      if (retention.mutable && retention.minMs <= keptMs) await declaring();
      return {
        'declare so short a retention':
          retention.mutable && retention.minMs <= keptMs ? [] : await fails('unsupported', declaring),
      };
    },
  },
  without: isTrimmed,
  async run(stage) {
    const topic = stage.topic({ partitions: 1, retention: '1h' });
    const first = await stage.member(topic, { handle: () => undefined });
    const producer = await stage.producer(topic);
    await stage.load.sendAll(producer, topic, { events: 20, keys: 1 });
    await stage.untilSettled(topic);
    await first.consumer.close();
    await stage.load.sendAll(producer, topic, { events: 30, keys: 1 });
    const { streams } = await stage.client([topic]);
    // Short only while nothing is to be read: a busy machine must lose nothing else by it.
    const keep = (retention: NonNullable<TopicStorage['retention']>): Promise<unknown> =>
      streams.admin.ensure(loadTopic(topic.name, { retention }), { consent: ['shorten-retention'] });
    await keep(keptMs);
    // A service may keep the newest one.
    let left = 30;
    await stage.until('retention removed them', async () => {
      left = (await streams.replay(topic, { from: 'earliest' }).run(() => undefined)).events;
      return left <= 1;
    });
    await keep('1h');
    // From now on none goes; the last ones may have gone since.
    left = (await streams.replay(topic, { from: 'earliest' }).run(() => undefined)).events;
    const missing = 30 - left;
    let code = 'still running';
    const stopped = streams.consumer(topic, { group: 'g', clientId: 'stops' });
    stopped
      .run(() => undefined)
      .then(
        () => (code = 'no error'),
        (error: unknown) => (code = StreamError.is(error) ? error.code : String(error)),
      );
    await stage.until('the consumer stops', () => code !== 'still running');
    await stopped.close();
    const gaps: unknown[] = [];
    const listen = (message: unknown): void => {
      if (typeof message !== 'object' || message === null || !('missing' in message) || !('topic' in message)) return;
      if (message.topic === topic.name) gaps.push(message.missing);
    };
    subscribe(gapChannel, listen);
    const next = await stage.member(topic, { onExpired: 'continue', handle: () => undefined });
    await stage.until('the gap is told', () => gaps.length > 0);
    unsubscribe(gapChannel, listen);
    await stage.load.sendAll(producer, topic, { events: 20, keys: 1 });
    const settled = (): number => new Set(ofKind(stage.history.arrivals, 'settle').map(({ id }) => id)).size;
    await stage.until('what is sent then is settled', () => settled() >= 40 + left);
    await next.consumer.close();
    return {
      'they are gone': left <= 1 ? [] : [`${left} are left`],
      'stops by default': code === 'position-expired' ? [] : [`ended with ${code}`],
      'the gap is counted':
        gaps.length === 1 && gaps[0] === missing ? [] : [`reported ${gaps.join()}, ${missing} were missing`],
      'nothing else is missing': settled() === 40 + left ? [] : [`${settled()} of ${40 + left} were settled`],
      'enough traffic': atLeast('acknowledged events', ofKind(stage.history.entries, 'sent').length, 70),
    };
  },
};
