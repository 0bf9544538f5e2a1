import type { PartitionLag } from '../contract/admin.ts';
import type { Health, Streams } from '../streams/types.ts';
import { of } from './counts.ts';
import type { Series } from './series.ts';

/** A group's lag is asked for at most this often, in milliseconds. */
const freshMs = 15_000;
/** A scrape waits this long for it; then it has what was known before, and what comes later is there for the next. */
const patienceMs = 1_000;

/** What is true of a client now, as gauges. */
export async function putState(series: Series, client: Streams, lags: Lags | undefined): Promise<Health> {
  const health = await client.health();
  putHealth(series, client.adapter.name, health);
  await lags?.put(series, health);
  return health;
}

function putHealth(series: Series, provider: string, health: Health): void {
  const { live, ready, service, consumers, producers } = health;
  series.add('isostream.reachable', { provider }, Number(service.reachable));
  series.add('isostream.live', { provider }, Number(live));
  series.add('isostream.ready', { provider }, Number(ready));
  for (const { topic, buffered, blocked } of producers) {
    series.add('isostream.producer.buffered', of(topic), buffered);
    series.add('isostream.producer.blocked', of(topic), blocked);
  }
  const oldest = new Map<string, { readonly topic: string; readonly group: string; readonly ms: number }>();
  for (const { topic, group, partitions, inFlight, oldestHandlerMs, stuck } of consumers) {
    series.add('isostream.consumer.assignments', of(topic, group), partitions);
    series.add('isostream.consumer.in_flight', of(topic, group), inFlight);
    series.add('isostream.consumer.stuck', of(topic, group), Number(stuck));
    const name = `${topic}\n${group}`;
    oldest.set(name, { topic, group, ms: Math.max(oldest.get(name)?.ms ?? 0, oldestHandlerMs) });
  }
  for (const { topic, group, ms } of oldest.values())
    series.add('isostream.consumer.handler.oldest', of(topic, group), ms / 1000);
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
          'isostream.consumer.lag',
          of(topic, group),
          events.reduce((sum, count) => sum + count, 0),
        );
      if (ages.length > 0) series.add('isostream.consumer.lag.time', of(topic, group), Math.max(...ages) / 1000);
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
      // What was known stays; whether the service answers is what `isostream.reachable` says.
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
