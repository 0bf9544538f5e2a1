import { setTimeout as wait } from 'node:timers/promises';
import { type PubSubEmulator, startPubSub } from '@isostream/emulators';
import { TcpProxy } from '@isostream/fault-injection';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { PubSubOptions } from '../src/options.ts';
import type { PubSubAdapter } from './support/open.ts';
import { event, Member, newTopic, openSink, pubsubOf, texts, write } from './support/emulator.ts';

/** How often the adapter asks whether the other end is there. */
const pingEveryMs = 30_000;
const requestTimeoutMs = 2_000;
const connectTimeoutMs = 2_000;
/** For connecting again, and for a machine that does other things as well. */
const slackMs = 10_000;

let emulator: PubSubEmulator;
let direct: PubSubAdapter;

beforeAll(async () => {
  emulator = await startPubSub();
  direct = pubsubOf(emulator);
});
afterAll(async () => {
  await direct.close();
  await emulator.stop();
});

/** An adapter that reaches the emulator through a proxy. */
async function proxied(
  options: Pick<PubSubOptions, 'connectTimeout' | 'requestTimeout'>,
): Promise<{ readonly proxy: TcpProxy; readonly adapter: PubSubAdapter }> {
  const proxy = await TcpProxy.listen({ to: Number(emulator.host.split(':')[1]) });
  const adapter = pubsubOf(emulator, { emulatorHost: `127.0.0.1:${proxy.port}`, ...options });
  return { proxy, adapter };
}

/** Writes one event, as often as it takes. */
async function writeInTheEnd(adapter: PubSubAdapter, topic: string, text: string): Promise<void> {
  for (;;) {
    try {
      await write(await openSink(adapter, topic), [event('k', text)]);
      return;
    } catch {
      await wait(100);
    }
  }
}

it.concurrent('gives up a connection whose other end is gone without a word, also of a member that only pulls', async () => {
  const { proxy, adapter } = await proxied({ requestTimeout: requestTimeoutMs });
  const topic = await newTopic(adapter.admin);
  const member = new Member(adapter, { topic, group: 'g' });
  await write(await openSink(direct, topic), [event('k', 'before')]);
  await (await member.assignment()).settle?.(await member.read(1));
  const native = await adapter.native();

  expect(proxy.halfOpen()).toBeGreaterThan(0);
  const since = performance.now();
  await write(await openSink(direct, topic), [event('k', 'after')]);
  const events = await member.read(1);
  const waited = performance.now() - since;

  expect(texts(events)).toEqual(['after']);
  expect(waited).toBeLessThan(pingEveryMs + requestTimeoutMs + slackMs);
  await (await member.assignment()).settle?.(events);
  // Whoever holds Google's clients goes on with them.
  const [topics] = await native.publisher.listTopics({ project: `projects/${emulator.projectId}` });
  expect(topics.length).toBeGreaterThan(0);
  await member.leave();
  await adapter.close();
  await proxy.close();
});

it.concurrent('gives it up as a producer as well', async () => {
  const { proxy, adapter } = await proxied({ requestTimeout: requestTimeoutMs });
  const topic = await newTopic(adapter.admin);
  await writeInTheEnd(adapter, topic, 'before');

  expect(proxy.halfOpen()).toBeGreaterThan(0);
  const since = performance.now();
  await writeInTheEnd(adapter, topic, 'after');

  expect(performance.now() - since).toBeLessThan(pingEveryMs + requestTimeoutMs + slackMs);
  await adapter.close();
  await proxy.close();
});

it.concurrent('gives up a connection that was taken and then forgotten before anything was said', async () => {
  // Longer than the test may take: it is the other timeout that counts.
  const { proxy, adapter } = await proxied({ connectTimeout: connectTimeoutMs, requestTimeout: '5m' });
  const topic = await newTopic(adapter.admin);
  const member = new Member(adapter, { topic, group: 'g' });
  await member.assignment();
  const reading = member.read(1);

  const goOn = proxy.isolate();
  const connections = proxy.connections;
  proxy.reset();
  await vi.waitUntil(() => proxy.connections > connections, { timeout: slackMs });
  expect(proxy.halfOpen()).toBeGreaterThan(0);
  goOn();
  const since = performance.now();
  await write(await openSink(direct, topic), [event('k', 'after')]);

  expect(texts(await reading)).toEqual(['after']);
  expect(performance.now() - since).toBeLessThan(connectTimeoutMs + slackMs);
  await member.leave();
  await adapter.close();
  await proxy.close();
});
