import { runConnectors, type ConnectPlan, type RunConnectorsOptions } from '@isostream/connect';
import { defineTopic, type RawEvent, type Streams } from '@isostream/core';
import { expect, vi } from 'vitest';

/** Runs connectors until a condition holds, and ends them in order. */
export async function runUntil(
  files: ConnectPlan,
  streams: Streams,
  condition: () => Promise<void> | void,
  options: RunConnectorsOptions = {},
): Promise<void> {
  const stop = new AbortController();
  const run = runConnectors(files, streams, { signal: stop.signal, ...options });
  // A bound for hangs, not a measure: a server may be started meanwhile, and is asked again up to 30 s behind that.
  await Promise.race([vi.waitFor(condition, { timeout: 110_000, interval: 10 }), run]);
  stop.abort();
  await run;
}

/** What a topic holds. */
export async function storedIn(streams: Streams, topic: string): Promise<RawEvent[]> {
  const found: RawEvent[] = [];
  await streams.replay(defineTopic(topic, { raw: true }), { from: 'earliest' }).run((event) => found.push(event));
  return found;
}

export async function textsIn(streams: Streams, topic: string): Promise<string[]> {
  return (await storedIn(streams, topic)).map(({ value }) => Buffer.from(value ?? []).toString());
}

export async function expectTexts(streams: Streams, topic: string, texts: readonly string[]): Promise<void> {
  expect(await textsIn(streams, topic)).toEqual(texts);
}
