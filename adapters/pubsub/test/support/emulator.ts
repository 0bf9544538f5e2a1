import type { Schema } from '@isostream/core';
import {
  type Admin,
  type EncodedEvent,
  type Assignment,
  type Range,
  type Sink,
  type SourceListener,
  type StoredEvent,
  StreamError,
  type Subscription,
  type Written,
  CollectedPage,
} from '@isostream/core/adapter';
import type { PubSubEmulator } from '@isostream/emulators';
import { createPubSub, type PubSubAdapter, type PubSubOptions } from './open.ts';

/** The shortest deadline that the service takes: a test that waits for it waits as little as can be. */
export const ackDeadlineMs = 10_000;

/** Takes whatever it is given. */
export function anything<T>(): Schema<T, T> {
  return { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value: value as T }) } };
}

export function pubsubOf(emulator: PubSubEmulator, options: Partial<PubSubOptions> = {}): PubSubAdapter {
  return createPubSub({
    projectId: emulator.projectId,
    emulatorHost: emulator.host,
    sessionTimeout: ackDeadlineMs,
    pullWait: 300,
    ...options,
  });
}

let names = 0;

/** A name that no other test has. */
export function newName(): string {
  return `t${process.pid}-${++names}`;
}

/** A new topic with a name of its own. */
export async function newTopic(admin: Admin, settings: Parameters<Admin['createTopic']>[1] = {}): Promise<string> {
  const name = newName();
  await admin.createTopic(name, settings);
  return name;
}

export function event(key: string | null, text: string): EncodedEvent {
  return { key, value: Buffer.from(text), headers: [] };
}

export async function openSink(adapter: PubSubAdapter, topic: string): Promise<Sink> {
  const sink = adapter.createSink(topic);
  await sink.open(new AbortController().signal);
  return sink;
}

/** Writes events of one lane in one request, without a second try. Throws its error. */
export async function write(sink: Sink, events: readonly EncodedEvent[]): Promise<readonly Written[]> {
  const [first] = events;
  if (first === undefined) return [];
  const lane = sink.lane(first);
  const [result] = await sink.write(sink.route(lane), [{ lane, events }], new AbortController().signal);
  if (result === undefined || StreamError.is(result)) throw result ?? new Error('no result');
  return result;
}

/** Reads all that a range holds. */
export async function readAll(adapter: PubSubAdapter, range: Range): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  const { signal } = new AbortController();
  const opened = await adapter.openRange(range, signal);
  for (const cursor of opened.cursors)
    for (let isEnd = false; !isEnd;) {
      const page = new CollectedPage();
      await cursor.read(page, signal);
      events.push(...page.events);
      ({ isEnd } = page);
    }
  await opened.close();
  return events;
}

export function texts(events: readonly StoredEvent[]): string[] {
  return events.map(({ value }) => Buffer.from(value ?? []).toString());
}

/** One member without an engine: it reads and settles when the test says so. */
export class Member {
  readonly assignments: Assignment[] = [];
  readonly lost: { readonly assignment: Assignment; readonly reason: StreamError }[] = [];
  readonly running: Promise<void>;
  readonly #stop = new AbortController();
  #changed: () => void = () => undefined;

  constructor(adapter: PubSubAdapter, subscription: Pick<Subscription, 'topic' | 'group'> & Partial<Subscription>) {
    const source = adapter.createSource({ from: 'earliest', clientId: 'test', ...subscription });
    const listener: SourceListener = {
      assigned: (assignment) => {
        this.assignments.push(assignment);
        this.#changed();
      },
      revoking: async () => undefined,
      lost: (assignment, reason) => {
        this.lost.push({ assignment, reason });
        this.#changed();
      },
    };
    this.running = source.run(listener, this.#stop.signal);
    this.running.catch(() => this.#changed());
  }

  /** The assignment with this number, counted from 0, once there is one. Throws what ended the source. */
  async assignment(number = 0): Promise<Assignment> {
    for (;;) {
      const assignment = this.assignments[number];
      if (assignment !== undefined) return assignment;
      await Promise.race([this.running, new Promise<void>((resolve) => (this.#changed = resolve))]);
    }
  }

  /** Reads from an assignment until it has so many. */
  async read(count: number, number = 0): Promise<StoredEvent[]> {
    const assignment = await this.assignment(number);
    const events: StoredEvent[] = [];
    while (events.length < count) {
      const page = new CollectedPage({ events: count - events.length });
      await assignment.read(page, new AbortController().signal);
      events.push(...page.events);
    }
    return events;
  }

  /** Leaves, and hands back what was not settled. */
  async leave(): Promise<void> {
    this.#stop.abort();
    await this.running;
  }
}
