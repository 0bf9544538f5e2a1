import { setTimeout as wait } from 'node:timers/promises';
import { BrokerUnavailable, type PubSubEmulator, startPstest } from '@isostream/emulators';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PubSubAdapter } from './support/open.ts';
import { event, Member, newTopic, openSink, pubsubOf, texts, write } from './support/emulator.ts';

const buildMs = 600_000;

/** Order and leases by other code than the emulator's. Where Go is missing that is said, and nothing else is proved. */
describe('on pstest', () => {
  let server: PubSubEmulator | BrokerUnavailable;
  let adapter: PubSubAdapter | undefined;

  beforeAll(async () => {
    server = await startPstest().catch((error: unknown) => {
      if (error instanceof BrokerUnavailable) return error;
      throw error;
    });
    if (server instanceof BrokerUnavailable) process.stderr.write(`${server.message}\n`);
    else adapter = pubsubOf(server);
  }, buildMs);
  afterAll(async () => {
    await adapter?.close();
    if (!(server instanceof BrokerUnavailable)) await server.stop();
  });

  it('a key passes on in order when its member leaves in the middle of it', async () => {
    if (adapter === undefined) {
      expect(server).toBeInstanceOf(BrokerUnavailable);
      return;
    }
    const topic = await newTopic(adapter.admin);
    const first = new Member(adapter, { topic, group: 'g', from: 'latest' });
    const assignment = await first.assignment();
    await wait(5);
    await write(
      await openSink(adapter, topic),
      Array.from({ length: 6 }, (_, index) => event('k', `k${index}`)),
    );
    const read: string[] = [];
    for (let count = 0; count < 2; count++) {
      const events = await first.read(1);
      read.push(...texts(events));
      await assignment.settle?.(events);
    }
    expect(texts(await first.read(1))).toEqual(['k2']);
    await first.leave();
    const second = new Member(adapter, { topic, group: 'g' });
    while (read.length < 6) {
      const events = await second.read(1);
      read.push(...texts(events));
      await (await second.assignment()).settle?.(events);
    }
    await second.leave();
    expect(read).toEqual(['k0', 'k1', 'k2', 'k3', 'k4', 'k5']);
  });

  it('what is handed back does not come behind the rest of its key', async () => {
    if (adapter === undefined) {
      expect(server).toBeInstanceOf(BrokerUnavailable);
      return;
    }
    const topic = await newTopic(adapter.admin);
    const keys = ['a', 'b', 'c'];
    const first = new Member(adapter, { topic, group: 'g', from: 'latest' });
    await first.assignment();
    await wait(5);
    const sink = await openSink(adapter, topic);
    for (const key of keys)
      await write(
        sink,
        Array.from({ length: 3 }, (_, index) => event(key, `${key}${index}`)),
      );
    const held = await first.read(3);
    expect(texts(held).toSorted()).toEqual(['a0', 'b0', 'c0']);
    await first.leave();
    const second = new Member(adapter, { topic, group: 'g' });
    const read: string[] = [];
    while (read.length < 9) {
      const events = await second.read(1);
      read.push(...texts(events));
      await (await second.assignment()).settle?.(events);
    }
    await second.leave();
    for (const key of keys)
      expect(read.filter((each) => each.startsWith(key))).toEqual([`${key}0`, `${key}1`, `${key}2`]);
  });
});
