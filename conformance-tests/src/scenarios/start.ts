import { noSendFailed } from '../checks/delivery.ts';
import { openAdapter } from '@isostream/core/adapter';
import { createStreams, StreamError } from '@isostream/core';
import { atLeast, within } from '../checks/check.ts';
import { ofKind } from '../history/history.ts';
import type { LoadTopic } from '../load/load-topic.ts';
import type { Scenario } from '../run/scenario.ts';
import type { Member } from '../run/stage-options.ts';
import type { Stage } from '../run/stage.ts';
import { WarningsSeen } from '../run/warnings.ts';

/** Long enough for a dozen tries of whoever waits. */
const awayMs = 2_500;
const connectTimeoutMs = 500;
const events = 200;

export const startBeforeService: Scenario = {
  id: 'no-loss/the-service-starts-late',
  title: 'members and producers that start while the service is away wait for it; connect gives up in time',
  breaks: true,
  timeoutMs: 120_000,
  async run(stage) {
    const topic = stage.topic({ partitions: 4 });
    const early = await stage.client([topic]);
    // Else what is sent while it is made may pass it by: it is there before the service goes away.
    if (stage.harness.makesGroupsInQuiet === true) await (await stage.member(topic)).consumer.close();
    const producer = early.streams.producer(topic);
    const warnings = new WarningsSeen();
    let ended = '';
    const run = await stage.during('fault', async () => {
      const undo = stage.faults.goAway();
      const bounded = await connects(stage);
      const sending = stage.load.sendAll(producer, topic, { events, keys: 20 });
      const member = stage.member(topic, { client: early, handle: () => undefined });
      void untilEnded(member).then((why) => (ended = why));
      const late = begin(stage, topic);
      await stage.until('whoever starts was refused', () => warnings.lines.size >= 3);
      await stage.pause(awayMs);
      const told = { trouble: warnings.lines, endedAway: ended };
      await undo();
      return { bounded, sending, member, late, ...told };
    });
    await Promise.all([run.sending, run.late]);
    const { consumer } = await run.member;
    await stage.untilSettled(topic);
    await consumer.close();
    warnings.close();
    const { entries } = stage.history;
    return {
      'connect gives up in time': run.bounded,
      'members wait': run.endedAway === '' ? [] : [`ended while the service was away: ${run.endedAway}`],
      'no send fails': noSendFailed(entries),
      'few warnings': [...run.trouble].flatMap(([message, lines]) =>
        lines <= 5 ? [] : [`${lines} times in some seconds: ${message}`],
      ),
      'whoever waits says for what': [
        `consumer of topic "${topic.name}", group "g": `,
        `producer of topic "${topic.name}": `,
        `the service of ${early.streams.adapter.name}: `,
      ].flatMap((what) =>
        [...run.trouble.keys()].some((each) => each.startsWith(what)) ? [] : [`no warning of the ${what}`],
      ),
      'the fault bit': atLeast('kinds of trouble', run.trouble.size, 3),
      'enough traffic': atLeast('acknowledged events', ofKind(entries, 'sent').length, 2 * events),
    };
  },
};

/** Why a member ended, also one that ended before it was ready. */
async function untilEnded(member: Promise<Member>): Promise<string> {
  return member.then(({ running }) => running).then(() => 'closed', String);
}

/** A client that connects while the service is away, and sends as soon as it has. */
async function begin(stage: Stage, topic: LoadTopic): Promise<void> {
  const { streams } = await stage.client([topic], '60s');
  await stage.load.sendAll(streams.producer(topic), topic, { events, keys: 20, sender: 'p2', keyPrefix: 'l' });
}

/** Finds fault with a `connect` that has half a second, while nobody answers. */
async function connects(stage: Stage): Promise<readonly string[]> {
  const elapsed = stage.stopwatch();
  try {
    const adapter = openAdapter(stage.harness.createAdapter('bounded'));
    await createStreams({ adapter, topics: [], connectTimeout: connectTimeoutMs });
    return ['connected to a service that is away'];
  } catch (error) {
    const ms = elapsed();
    if (!StreamError.is(error) || !error.retryable) return [`failed with ${String(error)}`];
    // The adapter is closed in between, which may take it a moment.
    return within('failed', ms, connectTimeoutMs + 2_500);
  }
}
