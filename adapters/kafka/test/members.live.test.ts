import { type Consumer, createStreams, defineTopic, type Streams } from '@isostream/core';
import {
  type Assignment,
  CollectedPage,
  type SourceListener,
  type StoredEvent,
  type StreamError,
} from '@isostream/core/adapter';
import { type KafkaCluster, startKafka } from '@isostream/emulators';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { KafkaAdapter } from './support/open.ts';
import { anything, brokersOf, event, kafkaOf, newTopic, openSink, write, wireOf } from './support/cluster.ts';
import { kafkajsClient } from './support/log.ts';
import { apis, Proxy } from './support/proxy.ts';

interface Moved {
  readonly key: string;
  readonly n: number;
}

const keys = Array.from({ length: 60 }, (_, index) => `k${index}`);
const partitions = 8;

/** The source that a test runs beside what it waits for. */
let running: Promise<void> | undefined;
let cluster: KafkaCluster;
let proxy: Proxy;
const adapters: KafkaAdapter[] = [];

function client(options: Parameters<typeof kafkaOf>[1] = {}): KafkaAdapter {
  const adapter = kafkaOf(cluster, options);
  adapters.push(adapter);
  return adapter;
}

beforeAll(async () => {
  proxy = await Proxy.listen();
  cluster = await startKafka({ advertisedPorts: [proxy.port] });
  proxy.target = cluster.nodes[0]?.port ?? 0;
});
afterEach(async () => {
  await Promise.all(adapters.splice(0).map((adapter) => adapter.close()));
});
afterAll(async () => {
  await cluster.stop();
  await proxy[Symbol.asyncDispose]();
});

let names = 0;
const newMoves = () =>
  defineTopic(`moves-${++names}`, {
    events: { moved: anything<Moved>() },
    key: (each) => each.data.key,
    partitions,
  });

/** Handlers of one group, with what they saw; each key's events must never overlap, in all members together. */
class Group {
  readonly seen: { readonly key: string; readonly n: number; readonly member: string }[] = [];
  readonly overlaps: string[] = [];
  readonly name = `g${++names}`;
  readonly #running = new Set<string>();
  readonly #topic: ReturnType<typeof newMoves>;
  readonly #streams: Streams[] = [];

  constructor(topic: ReturnType<typeof newMoves>) {
    this.#topic = topic;
  }

  async join(
    member: string,
  ): Promise<{ readonly consumer: Consumer<{ data: Moved }>; readonly running: Promise<void> }> {
    const streams = await createStreams({ adapter: client(), topics: [this.#topic] });
    this.#streams.push(streams);
    const consumer = streams.consumer(this.#topic, {
      group: this.name,
      clientId: member,
      concurrency: 32,
      commitInterval: 20,
    });
    const ended = consumer.run(async ({ data: { key, n } }) => {
      if (this.#running.has(key)) this.overlaps.push(key);
      this.#running.add(key);
      await new Promise((resolve) => setTimeout(resolve, (n * 7) % 5));
      this.seen.push({ key, n, member });
      this.#running.delete(key);
    });
    return { consumer, running: ended };
  }

  numbers(key: string): number[] {
    return this.seen.flatMap((each) => (each.key === key ? [each.n] : []));
  }

  async close(): Promise<void> {
    await Promise.all(this.#streams.map((streams) => streams.close()));
  }
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n);
}

describe('members of a group', () => {
  it('join and leave while events flow, and repeat, lose, reorder and overlap nothing', async () => {
    const topic = newMoves();
    const group = new Group(topic);
    const streams = await createStreams({ adapter: client(), topics: [topic] });
    const producer = streams.producer(topic);
    // Traffic lasts until the last to join has had some of it.
    let isOver = false;
    let sent = 0;
    const sending = (async () => {
      for (; !isOver; sent++)
        await Promise.all(keys.map((key) => producer.send({ type: 'moved', data: { key, n: sent } })));
    })();
    const share = (member: { readonly consumer: Consumer<{ data: Moved }> }) => member.consumer.assignments.length;

    const a = await group.join('a');
    await expect.poll(() => share(a), { timeout: 10_000 }).toBe(partitions);
    const b = await group.join('b');
    const c = await group.join('c');
    await expect
      .poll(() => [share(a), share(b), share(c)].toSorted((one, other) => one - other), { timeout: 20_000 })
      .toEqual([2, 3, 3]);
    await a.consumer.close();
    await a.running;
    await expect.poll(() => [share(b), share(c)], { timeout: 20_000 }).toEqual([4, 4]);
    const d = await group.join('d');
    await b.consumer.close();
    await expect.poll(() => [share(c), share(d)], { timeout: 20_000 }).toEqual([4, 4]);
    await expect.poll(() => group.seen.some(({ member }) => member === 'd'), { timeout: 20_000 }).toBe(true);
    isOver = true;
    await sending;
    await expect.poll(() => group.seen.length, { timeout: 30_000 }).toBe(keys.length * sent);
    await group.close();
    await streams.close();

    expect(group.overlaps).toEqual([]);
    for (const key of keys) expect(group.numbers(key)).toEqual(upTo(sent));
    expect(new Set(group.seen.map(({ member }) => member))).toEqual(new Set(['a', 'b', 'c', 'd']));
  });

  it('survive a broker that is killed and comes back; what repeats is a suffix', async () => {
    const topic = newMoves();
    const group = new Group(topic);
    const streams = await createStreams({ adapter: client(), topics: [topic] });
    const producer = streams.producer(topic);
    const rounds = 60;
    const [broker] = cluster.nodes;
    const members = [await group.join('a'), await group.join('b')];
    const sending = (async () => {
      for (let n = 0; n < rounds; n++)
        await Promise.all(keys.map((key) => producer.send({ type: 'moved', data: { key, n } })));
    })();

    await expect.poll(() => group.seen.length, { timeout: 20_000 }).toBeGreaterThan(500);
    await broker?.kill();
    await broker?.start();
    await sending;
    const distinct = () => new Set(group.seen.map(({ key, n }) => `${key}/${n}`)).size;
    await expect.poll(distinct, { timeout: 30_000 }).toBe(keys.length * rounds);
    await expect
      .poll(
        async () =>
          (await streams.admin.lag(topic, group.name)).reduce((sum, lag) => sum + (lag.events ?? Number.NaN), 0),
        { timeout: 30_000 },
      )
      .toBe(0);
    await group.close();
    await Promise.all(members.map((member) => member.running));
    await streams.close();

    for (const key of keys) {
      const numbers = group.numbers(key);
      // Each number is at most one above the highest before it: whatever came again, nothing was passed over.
      let highest = -1;
      for (const n of numbers) {
        expect(n).toBeLessThanOrEqual(highest + 1);
        highest = Math.max(highest, n);
      }
      expect(highest).toBe(rounds - 1);
    }
  });

  it('leave at once, many times in a row, and nobody waits for a session', async () => {
    const kafka = client({ sessionTimeout: '10s' });
    const group = 'leavers';
    const name = await newTopic(kafka.admin, { partitions: 4 });
    for (let round = 0; round < 40; round++) {
      const stop = new AbortController();
      const assignments: Assignment[] = [];
      const assigned = new Promise<void>((resolve) => {
        const listener: SourceListener = {
          assigned: (assignment) => {
            if (assignments.push(assignment) === 4) resolve();
          },
          // Longer and longer, so that the end meets every phase of the group's protocol.
          revoking: () => new Promise((released) => setTimeout(released, round % 8)),
          lost: () => undefined,
        };
        running = kafka.createSource({ topic: name, group, from: 'latest', clientId: 'x' }).run(listener, stop.signal);
      });
      await assigned;
      const since = performance.now();
      stop.abort();
      await running;
      expect(performance.now() - since).toBeLessThan(2_000);
    }
    expect((await kafka.native.describeGroup(group)).members).toBe(0);
  });

  it('that leave before they have joined are nobody’s members', async () => {
    const kafka = client({ sessionTimeout: '10s' });
    const name = await newTopic(kafka.admin, { partitions: 1 });
    for (let round = 0; round < 20; round++) {
      const stop = new AbortController();
      const reading = kafka
        .createSource({ topic: name, group: 'early', from: 'latest', clientId: 'x' })
        .run({ assigned: () => undefined, revoking: async () => undefined, lost: () => undefined }, stop.signal);
      await new Promise((resolve) => setTimeout(resolve, round));
      stop.abort();
      await reading;
    }
    const since = performance.now();
    const stop = new AbortController();
    await new Promise<void>((resolve) => {
      running = kafka
        .createSource({ topic: name, group: 'early', from: 'latest', clientId: 'x' })
        .run({ assigned: () => resolve(), revoking: async () => undefined, lost: () => undefined }, stop.signal);
    });
    // A forgotten member would hold the group up for its session.
    expect(performance.now() - since).toBeLessThan(5_000);
    stop.abort();
    await running;
  });

  it('are refused in a group of another protocol', async () => {
    const kafka = client();
    const name = await newTopic(kafka.admin, { partitions: 1 });
    const observer = kafkajsClient(brokersOf(cluster)).consumer({ groupId: 'theirs' });
    await observer.connect();
    await observer.subscribe({ topic: name });
    const joined = new Promise<void>((resolve) => observer.on('consumer.group_join', () => resolve()));
    await observer.run({ eachMessage: async () => undefined });
    await joined;
    const source = kafka.createSource({ topic: name, group: 'theirs', from: 'earliest', clientId: 'x' });
    await expect(
      source.run(
        { assigned: () => undefined, revoking: async () => undefined, lost: () => undefined },
        new AbortController().signal,
      ),
    ).rejects.toMatchObject({ code: 'conflict' });
    await observer.disconnect();
  });
});

describe('a member whose session expired', () => {
  it('is told so, its late commit has no effect, and the partition goes on with another', async () => {
    const kafka = client({ sessionTimeout: '1s' });
    const name = await newTopic(kafka.admin, { partitions: 1 });
    const sink = await openSink(kafka, name);
    for (const text of ['a', 'b', 'c']) await write(sink, [event('k', text)]);
    const [broker] = cluster.nodes;
    const subscription = { topic: name, group: 'fenced', from: 'earliest', clientId: 'x' } as const;
    const stop = new AbortController();
    const lost: { assignment: Assignment; reason: StreamError }[] = [];
    const assignments: Assignment[] = [];
    const reading = kafka.createSource(subscription).run(
      {
        assigned: (assignment) => assignments.push(assignment),
        revoking: async () => undefined,
        lost: (assignment, reason) => lost.push({ assignment, reason }),
      },
      stop.signal,
    );
    await expect.poll(() => assignments.length, { timeout: 10_000 }).toBe(1);
    const [first] = assignments;
    if (first === undefined) throw new Error('no assignment');
    const read: StoredEvent[] = [];
    await expect
      .poll(async () => {
        const page = new CollectedPage();
        await first.read(page, new AbortController().signal);
        read.push(...page.events);
        return read.length;
      })
      .toBe(3);

    // A frozen broker answers no heartbeat; by the member's own clock the session is over.
    broker?.pause();
    await expect.poll(() => lost.length, { timeout: 10_000 }).toBe(1);
    broker?.resume();
    expect(lost[0]).toMatchObject({ assignment: first, reason: { code: 'lease-lost' } });
    const [, , last] = read;
    if (last === undefined) throw new Error('too few events');
    await expect(first.commit?.(last)).rejects.toMatchObject({ code: 'lease-lost' });
    const nothing = new CollectedPage();
    await first.read(nothing, AbortSignal.timeout(100));
    expect(nothing.events).toEqual([]);

    await expect.poll(() => assignments.length, { timeout: 20_000 }).toBe(2);
    const second = assignments[1];
    expect(Number(second?.fencingToken)).toBeGreaterThan(Number(first.fencingToken));
    const again: StoredEvent[] = [];
    await expect
      .poll(async () => {
        const page = new CollectedPage();
        await second?.read(page, new AbortController().signal);
        again.push(...page.events);
        return again.map(({ position }) => position);
      })
      .toEqual(['0', '1', '2']);
    stop.abort();
    await reading;
  });

  it('has lost everything once it said so, also if the answer to a heartbeat that was under way says otherwise', async () => {
    const sessionMs = 1_000;
    const kafka = client({ sessionTimeout: sessionMs });
    const name = await newTopic(kafka.admin, { partitions: 1 });
    const stop = new AbortController();
    const assignments: Assignment[] = [];
    const lost: Assignment[] = [];
    const reading = kafka.createSource({ topic: name, group: 'stalled', from: 'earliest', clientId: 'x' }).run(
      {
        assigned: (assignment) => assignments.push(assignment),
        revoking: async () => undefined,
        lost: (assignment) => lost.push(assignment),
      },
      stop.signal,
    );
    await expect.poll(() => assignments.length, { timeout: 10_000 }).toBe(1);
    const [first] = assignments;

    // The process stands still: longer than a session since the last answer, shorter than one since this heartbeat was sent.
    const held = await new Promise<boolean | undefined>((resolve) => {
      let beats = 0;
      proxy.passed = (api) => {
        // The first may follow close upon the answer to the join.
        if (api !== apis.heartbeat || ++beats === 1) return;
        proxy.passed = undefined;
        const until = performance.now() + sessionMs - 80;
        while (performance.now() < until);
        resolve(first?.isHeld);
      };
    });
    expect(held).toBe(false);
    await expect.poll(() => assignments.length, { timeout: 10_000 }).toBe(2);
    expect(lost).toEqual([first]);
    expect([first?.isHeld, assignments[1]?.isHeld]).toEqual([false, true]);
    stop.abort();
    await reading;
  });

  it('is refused by the coordinator, too', async () => {
    const kafka = client();
    const name = await newTopic(kafka.admin, { partitions: 1 });
    const wire = wireOf(cluster);
    const node = await wire.coordinator('zombies');
    const [result] = await wire.offsetCommit(
      node,
      { group: 'zombies', memberId: 'gone', generation: 1 },
      name,
      new Map([[0, 5n]]),
    );
    expect(result?.error).not.toBe(0);
    const [committed] = await wire.offsetFetch(node, 'zombies', name, [0]);
    expect(committed?.offset).toBe(-1n);
    await wire.close();
  });
});

describe('a commit whose answer is lost', () => {
  it('is made again, and holds', async () => {
    const kafka = client();
    const name = await newTopic(kafka.admin, { partitions: 1 });
    const sink = await openSink(kafka, name);
    for (const text of ['a', 'b']) await write(sink, [event('k', text)]);
    const stop = new AbortController();
    const assignment = await new Promise<Assignment>((resolve) => {
      running = kafka
        .createSource({ topic: name, group: 'again', from: 'earliest', clientId: 'x' })
        .run({ assigned: resolve, revoking: async () => undefined, lost: () => undefined }, stop.signal);
    });
    const lost = proxy.loseAnswers(apis.offsetCommit, 3);
    await assignment.commit?.({ partition: '0', position: '1' });
    expect(lost.hits).toBe(3);
    expect(await kafka.admin.lag(name, 'again')).toMatchObject([{ events: 0, committed: '2' }]);
    stop.abort();
    await running;
  });
});
