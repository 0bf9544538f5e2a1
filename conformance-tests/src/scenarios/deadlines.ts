import { readToEnd } from './base-load.ts';
import type { SendOptions } from '@isostream/core';
import { atLeast } from '../checks/check.ts';
import { ofKind } from '../history/history.ts';
import type { Scenario } from '../run/scenario.ts';

const hastyMs = 300;
/** For a timer, and for an answer to get through a process that is busy. */
const slackMs = 1_000;
const each = 10;
const hastyKey = 'hasty';

export const shortDeadlines: Scenario = {
  id: 'send/a-send-has-its-own-deadline',
  title: 'a send with a short deadline of its own has its answer in time while the service is silent; others wait on',
  breaks: true,
  async run(stage) {
    const topic = stage.topic({ partitions: 2 });
    const { streams } = await stage.client([topic]);
    const producer = streams.producer(topic);
    const full = streams.producer(topic, { maxBuffered: { events: each } });
    await stage.load.send(producer, topic, stage.load.event(topic, 'k'));
    await stage.load.send(full, topic, stage.load.event(topic, 'k'));
    const late: string[] = [];
    const hasty = async (sender: typeof producer, options: SendOptions): Promise<void> => {
      const elapsed = stage.stopwatch();
      await stage.load.send(sender, topic, stage.load.event(topic, hastyKey), options);
      const ms = elapsed();
      if (ms > hastyMs + slackMs) late.push(`answered after ${ms.toFixed(0)} ms`);
    };
    await stage.during('fault', async () => {
      const undo = stage.faults.isolate();
      const waiting = [producer, full].map((sender, index) =>
        stage.load.sendAll(sender, topic, { events: each, keys: 5, sender: `p${index}`, keyPrefix: `k${index}-` }),
      );
      const answered = Promise.all(
        Array.from({ length: each }, async () => {
          await Promise.all([hasty(producer, { deliveryTimeout: hastyMs }), hasty(full, { maxBlock: hastyMs })]);
        }),
      );
      await Promise.race([answered, stage.pause(hastyMs + 2 * slackMs)]);
      await undo();
      await Promise.all([...waiting, answered]);
    });
    const entries = await readToEnd(stage, topic);
    const failed = ofKind(entries, 'send-failed');
    const isHasty = ({ id }: { readonly id: string }): boolean => id.startsWith(`${hastyKey}#`);
    return {
      'short deadlines hold': late.slice(0, 5),
      'who waits less for room gives up first': atLeast(
        'sends without room',
        failed.filter(({ code }) => code === 'backpressure').length,
        each,
      ),
      'the fault bit': atLeast('hasty sends that failed', failed.filter(isHasty).length, 2 * each),
      'others wait on': failed.flatMap((entry) => (isHasty(entry) ? [] : [`${entry.id}: ${entry.code}`])).slice(0, 5),
      'enough traffic': atLeast('acknowledged events', ofKind(entries, 'sent').length, 2 * each),
    };
  },
};
