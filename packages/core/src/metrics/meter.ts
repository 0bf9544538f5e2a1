import type { Streams } from '../streams/types.ts';
import { countAttempts, countInto, countNothing } from './counts.ts';
import { Series, type Histogram, type Labels, type Point } from './series.ts';
import { Lags, putState } from './state.ts';
import { metricNames, metricTable, type MetricName } from './table.ts';

/** One metric as it is now. */
export type Metric =
  | { readonly name: MetricName; readonly kind: 'counter' | 'gauge'; readonly points: readonly Point<number>[] }
  | { readonly name: MetricName; readonly kind: 'histogram'; readonly points: readonly Point<Histogram>[] };

/** Counts from its making on, for all clients of the process, without an effort for what nobody does. */
export class Meter {
  readonly #counted = new Series();
  readonly #clients = new Map<Streams, Lags | undefined>();
  /** Which provider a topic is on, as far as a client had a producer or consumer of it. */
  readonly #providers = new Map<string, string>();
  readonly #end: () => void;

  constructor() {
    this.#end = countInto(this.#counted);
  }

  /** Metrics hold the state of this client from now on, and with `lag` that of the groups that it is in. */
  watch(client: Streams, lag: boolean): void {
    this.#clients.set(client, lag ? new Lags(client) : undefined);
  }

  /** The metrics that have a value. Takes at most a few seconds, also while a service is away. */
  async collect(): Promise<readonly Metric[]> {
    const state = new Series();
    countAttempts(this.#counted, state);
    await Promise.all(
      [...this.#clients].map(async ([client, lags]) => {
        const health = await putState(state, client, lags);
        countNothing(this.#counted, state, health);
        const { consumers, producers } = health;
        for (const { topic } of [...consumers, ...producers]) this.#providers.set(topic, client.adapter.name);
      }),
    );
    return metricNames
      .map((name): Metric => {
        const { kind } = metricTable[name];
        if (kind === 'histogram') return { name, kind, points: this.#counted.histograms(name) };
        return { name, kind, points: [...this.#counted.numbers(name), ...state.numbers(name)] };
      })
      .filter(({ points }) => points.length > 0);
  }

  /** The provider of what has these labels, where it is known. */
  providerOf(labels: Labels): string | undefined {
    const { provider, 'messaging.destination.name': topic } = labels;
    if (provider !== undefined) return provider;
    const known = topic === undefined ? undefined : this.#providers.get(topic);
    if (known !== undefined) return known;
    // Topics of dead letters and the like have no producer of their own.
    const all = new Set([...this.#clients.keys()].map(({ adapter }) => adapter.name));
    return all.size === 1 ? [...all][0] : undefined;
  }

  /** Counts no more. */
  close(): void {
    this.#end();
    this.#clients.clear();
  }
}
