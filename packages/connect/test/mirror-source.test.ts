import { ConfigError, mirrorSource } from '@isostream/connect';
import { createStreams, defineTopic, type Streams } from '@isostream/core';
import { createMemory } from '@isostream/memory';
import { createMirror } from '@isostream/mirror';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { plan, worker } from './support/files.ts';
import { runUntil, storedIn, textsIn } from './support/run.ts';

const rides = defineTopic('rides', { raw: true, partitions: 2 });
const drivers = defineTopic('drivers', { raw: true, partitions: 1 });
const count = 200;
let old: ReturnType<typeof createMemory>;
let there: Streams;
let here: Streams;

beforeEach(async () => {
  old = createMemory();
  there = await createStreams({ adapter: old, topics: [rides, drivers] });
  here = await createStreams({ adapter: createMemory(), topics: [rides, drivers] });
});
afterEach(async () => {
  await there.close();
  await here.close();
});

const environment = {};
const mirror = `name=move
connector.class=MirrorSource
source.url=test://old
topics=rides,drivers
source.name=old
target.name=new
`;

/** The service at the only address that there is. */
const sources = [
  mirrorSource(async (url) => {
    if (url !== 'test://old') throw new Error(`nothing is at ${url}`);
    return createStreams({ adapter: old, topics: [] });
  }),
];

function send(from: number, to: number): Promise<unknown> {
  const events = Array.from({ length: to - from }, (_, n) => {
    const headers: readonly (readonly [string, string])[] = [['trace', `t${from + n}`]];
    return { key: `k${(from + n) % 5}`, value: Buffer.from(`{"n":${from + n}}`), headers };
  });
  return there.producer(rides).sendBatch(events);
}

it('a mirror runs by a connector file, beside others: stopped in the middle and started again it loses and reorders nothing', async () => {
  await there.producer(drivers).send({ key: 'd', value: Buffer.from('{"d":1}') });
  await send(0, count / 2);
  const lines = `name=lines\nconnector.class=LoggerSink\ntopics=rides\n`;
  const said: string[] = [];
  const say = (line: string): void => {
    said.push(line);
  };
  const files = await plan(worker, [mirror, lines], { environment, sources });
  await runUntil(files, here, async () => expect((await textsIn(here, 'rides')).length).toBeGreaterThan(count / 4), {
    say,
  });
  await send(count / 2, count);
  await runUntil(
    files,
    here,
    async () => {
      expect((await textsIn(here, 'rides')).length).toBe(count);
      expect(
        said
          .join('\n')
          .split('\n')
          .filter((line) => line.includes('"n":')).length,
      ).toBeGreaterThanOrEqual(count);
    },
    { say },
  );
  expect(await textsIn(here, 'drivers')).toEqual(['{"d":1}']);
  const names = { from: 'old', to: 'new' };
  expect(await createMirror({ from: there, to: here, topic: 'rides', names }).verify()).toMatchObject({
    events: count,
    copied: count,
    behind: 0,
    lost: 0,
    reordered: 0,
    changed: 0,
  });
  const [first] = await storedIn(here, 'rides');
  expect(first?.headers.map(([name]) => name)).toContain('trace');
});

it('what ends one topic of a mirror ends the connector, with its error', async () => {
  await there.producer(rides).send({ key: 'k', value: Buffer.from('{}') });
  const files = await plan(worker, [mirror.replace('rides,drivers', 'drivers,missing')], { environment, sources });
  await expect(runUntil(files, here, () => expect(0).toBe(1))).rejects.toMatchObject({ code: 'unknown-topic' });
});

it.each([
  ['source.name=a\n', 'source.name and target.name belong together'],
  ['target.topic=other\n', 'target.topic is for a single topic'],
  ['transforms=x\ntransforms.x.type=Filter\n', 'transforms do not see the events'],
])('a file with %j is refused', async (more, message) => {
  const text = `name=move\nconnector.class=MirrorSource\nsource.url=test://old\ntopics=rides,drivers\n${more}`;
  await expect(plan(worker, [text], { environment, sources })).rejects.toThrow(ConfigError);
  await expect(plan(worker, [text], { environment, sources })).rejects.toThrow(message);
});
