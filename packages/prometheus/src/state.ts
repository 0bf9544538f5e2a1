import type { Health, PartitionLag, Streams } from '@isostream/core';
import { of } from './counts.ts';
import type { Series } from './series.ts';

/** A group's lag is asked for at most this often, in milliseconds. */
const freshMs = 15_000;
/** A scrape waits this long for it; then it has what was known before, and what comes later is there for the next. */
const patienceMs = 1_000;

/** What is true of the clients now, as gauges. */
export async function putState(
  series: Series,
  streams: readonly Streams[],
  lags: ReadonlyMap<Streams, Lags>,
): Promise<void> {
  await Promise.all(
    streams.map(async (client) => {
      const health = await client.health();
      putHealth(series, client.adapter.name, health);
      await lags.get(client)?.put(series, health);
    }),
  );
}

function putHealth(series: Series, provider: string, { live, ready, consumers, producers }: Health): void {
  series.add('isostream_live', { provider }, Number(live));
  series.add('isostream_ready', { provider }, Number(ready));
  for (const { topic, buffered, blocked } of producers) {
    series.add('isostream_producer_buffered', of(topic), buffered);
    series.add('isostream_producer_blocked', of(topic), blocked);
  }
  const oldest = new Map<string, { readonly topic: string; readonly group: string; readonly ms: number }>();
  for (const { topic, group, partitions, inFlight, oldestHandlerMs, stuck } of consumers) {
    series.add('isostream_consumer_assignments', of(topic, group), partitions);
    series.add('isostream_consumer_in_flight', of(topic, group), inFlight);
    series.add('isostream_consumer_stuck', of(topic, group), Number(stuck));
    const name = `${topic}\n${group}`;
    oldest.set(name, { topic, group, ms: Math.max(oldest.get(name)?.ms ?? 0, oldestHandlerMs) });
  }
  for (const { topic, group, ms } of oldest.values())
    series.add('isostream_consumer_handler_oldest_seconds', of(topic, group), ms / 1000);
}

/** The lag of the groups that one client is in. */
export class Lags {
  readonly #client: Streams;
  readonly #known = new Map<string, { readonly topic: string; readonly group: string; lag: readonly PartitionLag[] }>();
  #askedAt = -Infinity;
  #asking: Promise<void> | undefined;

  constructor(client: Streams) {
    this.#client = client;
  }

  async put(series: Series, { consumers }: Health): Promise<void> {
    if (this.#asking === undefined && performance.now() - this.#askedAt >= freshMs)
      this.#asking = this.#ask(consumers).finally(() => (this.#asking = undefined));
    if (this.#asking !== undefined) await within(this.#asking, patienceMs);
    for (const { topic, group, lag } of this.#known.values()) {
      const events = lag.flatMap(({ events: count }) => (count === undefined ? [] : [count]));
      const ages = lag.flatMap(({ ms }) => (ms === undefined ? [] : [ms]));
      if (events.length > 0)
        series.add(
          'isostream_consumer_lag',
          of(topic, group),
          events.reduce((sum, count) => sum + count, 0),
        );
      if (ages.length > 0)
        series.add('isostream_consumer_lag_time_seconds', of(topic, group), Math.max(...ages) / 1000);
    }
  }

  async #ask(consumers: Health['consumers']): Promise<void> {
    this.#askedAt = performance.now();
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), freshMs);
    const groups = new Map(consumers.map(({ topic, group }) => [`${topic}\n${group}`, { topic, group }]));
    for (const name of this.#known.keys()) if (!groups.has(name)) this.#known.delete(name);
    try {
      for (const [name, { topic, group }] of groups) {
        const lag = await this.#client.admin.lag(topic, group, { signal: late.signal });
        this.#known.set(name, { topic, group, lag });
      }
    } catch {
      // What was known stays; whether the service answers is what `isostream_ready` says.
    } finally {
      clearTimeout(timer);
    }
  }
}

async function within(work: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([work, late]);
  clearTimeout(timer);
}
