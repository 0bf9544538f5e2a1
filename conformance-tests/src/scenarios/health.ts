import type { Health } from '@isostream/core';
import { atLeast, tell } from '../checks/check.ts';
import { ofKind } from '../history/history.ts';
import type { Client } from '../run/stage-options.ts';
import type { Scenario } from '../run/scenario.ts';
import type { Stage } from '../run/stage.ts';

const handlerTimeoutMs = 500;

/** `health()` never takes longer: two seconds for the service, and what a machine under load needs. */
const answerMs = 3_500;

/** What the health of a client was while something happened. */
class Watch {
  readonly seen: Health[] = [];
  longestMs = 0;
  #isOver = false;
  readonly #done: Promise<void>;

  constructor(stage: Stage, { streams }: Client) {
    this.#done = this.#look(stage, streams);
  }

  async end(): Promise<readonly Health[]> {
    this.#isOver = true;
    await this.#done;
    return this.seen;
  }

  async #look(stage: Stage, streams: Client['streams']): Promise<void> {
    while (!this.#isOver && !stage.signal.aborted) {
      const took = stage.stopwatch();
      this.seen.push(await streams.health());
      this.longestMs = Math.max(this.longestMs, took());
      await stage.pause(50);
    }
  }
}

export const handlerHangs: Scenario = {
  id: 'health/a-handler-hangs',
  title: 'a client is not live while a handler hangs and none returns, and is live while others do',
  async run(stage) {
    const topic = stage.topic({ partitions: 1 });
    const client = await stage.client([topic]);
    const consumer = client.streams.consumer(topic, {
      group: 'hangs',
      handlerTimeout: handlerTimeoutMs,
      retry: { attempts: 1 },
      onFailure: 'skip',
    });
    const hung: (() => void)[] = [];
    let returned = 0;
    const running = consumer.run(async ({ data }) => {
      if (data.key === 'hangs') await new Promise<void>((resolve) => hung.push(resolve));
      returned++;
    });
    await consumer.ready;
    const producer = await stage.producer(topic);
    const before = await client.streams.health();
    await producer.send(stage.load.event(topic, 'hangs'));
    await stage.until('a handler hangs', () => hung.length > 0);
    let stuck = await client.streams.health();
    await stage.until('it is seen to hang', async () => {
      stuck = await client.streams.health();
      return !stuck.live;
    });
    await producer.send(stage.load.event(topic, 'others'));
    await stage.until('another returned', () => returned > 0);
    const beside = await client.streams.health();
    for (const resolve of hung) resolve();
    await stage.until('all returned', () => returned > hung.length);
    const after = await client.streams.health();
    await consumer.close();
    await running;
    const [oldest] = stuck.consumers;
    return {
      'live before': is({ live: true, ready: true, started: true }, before),
      'not live while it hangs': is({ live: false, ready: true }, stuck),
      'says which and how long':
        oldest?.stuck === true && oldest.group === 'hangs' && oldest.oldestHandlerMs >= handlerTimeoutMs
          ? []
          : [`of its consumer it says ${JSON.stringify(oldest)}`],
      'live while others return': is({ live: true, ready: true }, beside),
      'live afterwards': is({ live: true, ready: true }, after),
      'a handler hung': atLeast('handlers that hung', hung.length, 1),
    };
  },
};

export const membersComeAndGo: Scenario = {
  id: 'health/members-come-and-go',
  title: 'a client is live and ready while its group rebalances, and where its member has nothing to do',
  async run(stage) {
    const topic = stage.topic({ partitions: 2 });
    const client = await stage.client([topic]);
    const first = await stage.member(topic, { client });
    await first.consumer.ready;
    const watch = new Watch(stage, client);
    const producer = await stage.producer(topic);
    const sending = stage.load.sendAll(producer, topic, { events: stage.scaled(300, 100), keys: 20 });
    const [secondClient, thirdClient] = [await stage.client([topic]), await stage.client([topic])];
    const second = await stage.member(topic, { client: secondClient });
    const third = await stage.member(topic, { client: thirdClient });
    await Promise.all([second.consumer.ready, third.consumer.ready]);
    const members = [first, second, third];
    const held = (): number => members.reduce((sum, { consumer }) => sum + consumer.assignments.length, 0);
    // More members than partitions: one has nothing to do. Without partitions each has the whole topic.
    const all = stage.capabilities.settlement === 'individual' ? 3 : 2;
    await stage.until('all is shared out', () => held() === all);
    const each = await Promise.all([client, secondClient, thirdClient].map(({ streams }) => streams.health()));
    const partitions = each.flatMap(({ consumers }) => consumers.map((consumer) => consumer.partitions));
    await second.consumer.close();
    await stage.until('what it held is held by others', () => held() >= all - 1);
    await sending;
    await stage.untilSettled(topic);
    await stage.until('it was asked often', () => watch.seen.length >= 5);
    const seen = await watch.end();
    await Promise.all([first, third].map(({ consumer }) => consumer.close()));
    const { entries } = stage.history;
    return {
      'live all the time': tell(
        'times not live',
        seen.filter(({ live }) => !live).map(({ consumers }) => JSON.stringify(consumers)),
      ),
      'ready all the time': tell(
        'times not ready',
        seen.filter(({ ready }) => !ready).map(({ service, consumers }) => JSON.stringify({ service, consumers })),
      ),
      'each member is live and ready': each.flatMap((health) => is({ live: true, ready: true, started: true }, health)),
      'says what each holds':
        partitions.reduce((sum, count) => sum + count, 0) === all ? [] : [`partitions: ${partitions.join(', ')}`],
      'it was asked often': atLeast('times', seen.length, 5),
      'enough traffic': atLeast('acknowledged events', ofKind(entries, 'sent').length, 100),
    };
  },
};

export const brokerGone: Scenario = {
  id: 'health/the-broker-is-gone',
  title: 'while the broker is gone a client is live and not ready, says why at once, and is ready when it is back',
  breaks: true,
  async run(stage) {
    const topic = stage.topic({ partitions: 2 });
    const client = await stage.client([topic]);
    const { consumer } = await stage.member(topic, { client });
    await consumer.ready;
    const producer = await stage.producer(topic);
    await stage.load.sendAll(producer, topic, { events: 50, keys: 10 });
    await stage.untilSettled(topic);
    const before = await client.streams.health();
    const watches: Watch[] = [];
    let away = before;
    let silent = before;
    await stage.during('fault', async () => {
      const undo = stage.faults.goAway();
      const watch = new Watch(stage, client);
      watches.push(watch);
      await stage.until('it is seen to be gone', () => watch.seen.at(-1)?.ready === false);
      away = watch.seen.at(-1) ?? away;
      await watch.end();
      await undo();
    });
    await stage.until('it is seen to be back', async () => (await client.streams.health()).ready);
    await stage.during('fault', async () => {
      const undo = stage.faults.isolate();
      const watch = new Watch(stage, client);
      watches.push(watch);
      await stage.until('its silence is seen', () => watch.seen.at(-1)?.ready === false);
      silent = watch.seen.at(-1) ?? silent;
      await watch.end();
      await undo();
    });
    let after = silent;
    await stage.until('it is seen to be back', async () => {
      after = await client.streams.health();
      return after.ready;
    });
    await stage.load.sendAll(producer, topic, { events: 50, keys: 10 });
    await stage.untilSettled(topic);
    await consumer.close();
    const seen = watches.flatMap((watch) => watch.seen);
    const longestMs = Math.max(...watches.map((watch) => watch.longestMs));
    return {
      'ready before': is({ live: true, ready: true, started: true }, before),
      'not ready while it is gone': [...is({ ready: false }, away), ...is({ ready: false }, silent)],
      'live all the time': tell(
        'times not live',
        seen.filter(({ live }) => !live).map(({ consumers }) => JSON.stringify(consumers)),
      ),
      'says why': [away, silent].flatMap(({ service }) =>
        !service.reachable && service.error !== undefined ? [] : [`the service is ${JSON.stringify(service)}`],
      ),
      'answers in time': longestMs <= answerMs ? [] : [`health() took ${Math.round(longestMs)} ms`],
      'ready afterwards': is({ live: true, ready: true, started: true }, after),
      'it was asked often': atLeast('times', seen.length, 4),
    };
  },
};

/** What the health is not, of what it has to be. */
function is(wanted: Partial<Pick<Health, 'live' | 'ready' | 'started'>>, health: Health): readonly string[] {
  return (['live', 'ready', 'started'] as const).flatMap((name) =>
    wanted[name] === undefined || health[name] === wanted[name]
      ? []
      : [`${name} is ${health[name]}: ${JSON.stringify({ service: health.service, consumers: health.consumers })}`],
  );
}
