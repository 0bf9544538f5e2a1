import { randomUUID } from 'node:crypto';
import { type Position, StreamError, type Streams } from '@isostream/core';
import { type EventView, viewOf } from './event-view.ts';
import { type EventFilter, matches } from './event-filter.ts';
import { rawTopic } from './letters/raw-topic.ts';
import { NotFound } from './not-found.ts';

/** What a look at events can be told. */
export interface TailOptions {
  readonly from?: 'earliest' | 'latest' | Date;
  readonly filter?: EventFilter;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** It can be read from now on: what is sent from now on is shown. */
  readonly ready?: () => void;
  /** What was made on the service and could not be deleted. */
  readonly left?: (group: string, why: string) => void;
}

/**
 * Shows events as they arrive, until `show` answers `stop` or the signal is aborted. No group of anybody is affected: a temporary one
 * (on some providers a subscription) is made, and deleted at the end.
 */
export async function tail(
  streams: Streams,
  topic: string,
  options: TailOptions,
  show: (event: EventView) => 'stop' | undefined,
): Promise<void> {
  const { from = 'latest', filter = {}, signal, ready, left } = options;
  const group = `isostream-tail-${randomUUID().slice(0, 8)}`;
  const consumer = streams.consumer(rawTopic(topic), { group, from, onFailure: 'skip', concurrency: 1 });
  let isOver = false;
  if (ready !== undefined) consumer.ready.then(ready, () => undefined);
  try {
    await consumer.run(
      (raw, context) => {
        if (isOver || signal.aborted) return;
        const event = viewOf(raw, context);
        if (!matches(filter, event) || show(event) !== 'stop') return;
        isOver = true;
        void consumer.close();
      },
      { signal },
    );
  } finally {
    await forget(streams, topic, group, left);
  }
}

/** What was made to look at the topic would cost whoever owns it; where that fails, its name is told. */
async function forget({ admin }: Streams, topic: string, group: string, left: TailOptions['left']): Promise<void> {
  try {
    await admin.deleteGroup(topic, group);
  } catch (error) {
    if (StreamError.is(error) && error.code === 'unknown-topic') return;
    left?.(group, error instanceof Error ? error.message : String(error));
  }
}

/** Which stored events to look through. */
export interface SearchOptions {
  readonly from: 'earliest' | 'latest' | Date | ReadonlyMap<string, Position>;
  readonly to?: 'now' | Date;
  readonly filter?: EventFilter;
  readonly signal?: AbortSignal;
  /** Called now and then with how many events were read. */
  readonly progress?: (read: number) => void;
}

/** How a search ended. */
export interface SearchReport {
  readonly read: number;
  readonly matched: number;
  /** Whether it went through the whole range. */
  readonly complete: boolean;
}

/** Shows stored events of a range, in order per partition, until its end, `stop`, or the signal. No group is affected. */
export async function search(
  streams: Streams,
  topic: string,
  options: SearchOptions,
  show: (event: EventView) => 'stop' | undefined,
): Promise<SearchReport> {
  const { from, to = 'now', filter = {}, signal, progress } = options;
  const ended = new AbortController();
  const stop = (): void => ended.abort();
  signal?.addEventListener('abort', stop, { once: true });
  let [read, matched, isOver] = [0, 0, signal?.aborted === true];
  if (isOver) stop();
  try {
    const replay = streams.replay(rawTopic(topic), {
      from,
      to,
      // Bytes that are not text are written as base64 here: only the filter knows them.
      ...(filter.key === undefined || filter.key.startsWith('base64:') ? {} : { key: filter.key }),
    });
    await replay.run(
      (raw, context) => {
        if (isOver) return;
        read++;
        if (read % 1_000 === 0) progress?.(read);
        const event = viewOf(raw, context);
        if (!matches(filter, event)) return;
        matched++;
        if (show(event) !== 'stop') return;
        isOver = true;
        stop();
      },
      { signal: ended.signal },
    );
    return { read, matched, complete: !isOver && signal?.aborted !== true };
  } catch (error) {
    if (!ended.signal.aborted) throw error;
    return { read, matched, complete: false };
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/**
 * The event at a place. A provider that cannot start at a position is read from its earliest event on, until the place is found. Throws
 * {@link NotFound} where there is none.
 */
export async function getEvent(
  streams: Streams,
  topic: string,
  partition: string,
  position: string,
  signal?: AbortSignal,
): Promise<EventView> {
  const signalled = signal === undefined ? {} : { signal };
  let found: EventView | undefined;
  try {
    await search(streams, topic, { from: new Map([[partition, position]]), ...signalled }, (event) => {
      if (event.partition !== partition) return undefined;
      found = event;
      return 'stop';
    });
  } catch (error) {
    if (!StreamError.is(error) || error.code !== 'unsupported' || !streams.adapter.capabilities.replay) throw error;
    await search(streams, topic, { from: 'earliest', ...signalled }, (event) => {
      if (event.partition !== partition || event.position !== position) return undefined;
      found = event;
      return 'stop';
    });
  }
  if (found?.position === position) return found;
  const next = found === undefined ? 'The partition ends there' : `The next one is at ${found.position}`;
  throw new NotFound(`topic "${topic}" has no event at ${partition}/${position}. ${next}`);
}
