import { StreamError } from '@isostream/core';
import { atLeast, tell } from '../checks/check.ts';
import { ofKind } from '../history/history.ts';
import type { Scenario } from '../run/scenario.ts';

const refused = new Error('this one will never do');

export const replayEnd: Scenario = {
  id: 'start-replay/a-replay-ends',
  title:
    'a replay ends where the log ended when it was asked for, though others go on sending, or at its first failure',
  async run(stage) {
    const topic = stage.topic({ partitions: 2 });
    const { streams } = await stage.client([topic]);
    const producer = streams.producer(topic);
    await stage.load.sendAll(producer, topic, { events: 120, keys: 12 });
    let goOn = true;
    const sending = stage.load.sendAll(producer, topic, {
      events: 1,
      keys: 12,
      perSecond: 100,
      keyPrefix: 'meanwhile-',
      goOn: () => goOn,
    });
    await stage.until('somebody is sending', () =>
      ofKind(stage.history.arrivals, 'sent').some(({ id }) => id.startsWith('meanwhile-')),
    );
    const stored = ofKind(stage.history.arrivals, 'sent').map(({ id }) => id);
    const replayed: string[] = [];
    let sentBeforeFirst: ReadonlySet<string> = new Set();
    let isOver = false;
    const replaying = streams
      .replay(topic, { from: 'earliest' })
      .run(({ id }) => {
        // Its end is settled before anything is handed out.
        if (replayed.length === 0)
          sentBeforeFirst = new Set(ofKind(stage.history.arrivals, 'send').map((sent) => sent.id));
        replayed.push(id);
        return stage.pause(20);
      })
      .finally(() => (isOver = true));
    const isEnded = await stage.until('the replay has ended', () => isOver || stored.length + 2_000 < sentSoFar());
    const sentMeanwhile = sentSoFar() - stored.length;
    goOn = false;
    await Promise.all([replaying, sending]);
    const seen = new Set(replayed);

    const poison = replayed[60] ?? '';
    const calls: string[] = [];
    let ended: unknown;
    await streams
      .replay(topic, { from: 'earliest', retry: { attempts: 2, backoff: { initial: 5, max: 5 } } })
      .run(({ id }) => {
        calls.push(id);
        if (id === poison) throw refused;
      })
      .catch((error: unknown) => (ended = error));
    const [key = '', number = '0'] = poison.split('#');
    const isBehind = (id: string): boolean => id.startsWith(`${key}#`) && Number(id.split('#')[1]) > Number(number);
    return {
      'what was stored is replayed': tell(
        'missing',
        stored.filter((id) => !seen.has(id)),
      ),
      'ends where the log ended': [
        ...tell(
          'sent after the replay had begun',
          replayed.filter((id) => !sentBeforeFirst.has(id)),
        ),
        ...(isEnded && sentMeanwhile < 2_000 ? [] : ['it went on for as long as somebody sent']),
      ],
      'the first failure ends it': [
        ...(StreamError.is(ended) && ended.cause === refused ? [] : [`the replay ended with ${String(ended)}`]),
        ...(calls.filter((id) => id === poison).length === 2 ? [] : ['it was not tried twice']),
        ...tell('of its key came afterwards', calls.filter(isBehind)),
      ],
      'enough traffic': [
        ...atLeast('replayed events', seen.size, 120),
        ...atLeast('events sent meanwhile', sentMeanwhile, 5),
      ],
    };

    function sentSoFar(): number {
      return ofKind(stage.history.arrivals, 'sent').length;
    }
  },
};
