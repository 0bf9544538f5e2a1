import type { Schema } from '@isostream/core';
import {
  type Admin,
  type Cursor,
  type EncodedEvent,
  type Gap,
  type Range,
  type Sink,
  type StoredEvent,
  StreamError,
  type Written,
  CollectedPage,
} from '@isostream/core/adapter';
import type { KafkaCluster } from '@isostream/emulators';
import { createKafka, type KafkaAdapter, type KafkaOptions } from './open.ts';
import { resolveOptions } from '../../src/options.ts';
import { KafkajsWire } from '../../src/client/kafkajs-wire.ts';
import type { Wire } from '../../src/client/wire.ts';

/** Takes whatever it is given. */
export function anything<T>(): Schema<T, T> {
  return { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value: value as T }) } };
}

export function brokersOf(cluster: KafkaCluster): string[] {
  return cluster.url.replace('kafka://', '').split(',');
}

export function kafkaOf(cluster: KafkaCluster, options: Partial<KafkaOptions> = {}): KafkaAdapter {
  return createKafka({ brokers: brokersOf(cluster), sessionTimeout: '3s', ...options });
}

/** Kafka's own requests, as the adapter makes them. */
export function wireOf(cluster: KafkaCluster): Wire {
  return new KafkajsWire(resolveOptions({ brokers: brokersOf(cluster) }).connect);
}

let names = 0;

/** A new topic with a name of its own. */
export async function newTopic(admin: Admin, settings: Parameters<Admin['createTopic']>[1]): Promise<string> {
  const name = `t${process.pid}-${++names}`;
  await admin.createTopic(name, settings);
  return name;
}

export function event(key: string | null, text: string): EncodedEvent {
  return { key, value: Buffer.from(text), headers: [] };
}

/** A sink that is open; a coordinator that is loading is waited for, as core does. */
export async function openSink(adapter: KafkaAdapter, topic: string): Promise<Sink> {
  const sink = adapter.createSink(topic);
  const deadline = performance.now() + 10_000;
  for (;;) {
    try {
      await sink.open(new AbortController().signal);
      return sink;
    } catch (error) {
      if (!StreamError.is(error) || !error.retryable || performance.now() > deadline) throw error;
    }
  }
}

/** Writes one batch to one lane, without a second try. Throws its error. */
export async function write(sink: Sink, events: readonly EncodedEvent[]): Promise<readonly Written[]> {
  const [first] = events;
  if (first === undefined) return [];
  const lane = sink.lane(first);
  const [result] = await sink.write(sink.route(lane), [{ lane, events }], new AbortController().signal);
  if (result === undefined || StreamError.is(result)) throw result ?? new Error('no result');
  return result;
}

/** Reads everything that a range holds, in the order of each partition; gaps come as they are. */
export async function readAll(
  adapter: KafkaAdapter,
  range: Range,
  came: (partition: string, events: readonly StoredEvent[]) => void = () => undefined,
): Promise<{ readonly events: StoredEvent[]; readonly gaps: Gap[] }> {
  const events: StoredEvent[] = [];
  const gaps: Gap[] = [];
  const { signal } = new AbortController();
  const opened = await adapter.openRange(range, signal);
  const read = async (cursor: Cursor): Promise<void> => {
    for (;;) {
      const page = new CollectedPage();
      await cursor.read(page, signal);
      gaps.push(...page.gaps);
      events.push(...page.events);
      came(cursor.partition, page.events);
      if (page.isEnd) return;
    }
  };
  await Promise.all(opened.cursors.map(read));
  await opened.close();
  return { events, gaps };
}
