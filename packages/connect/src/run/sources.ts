import type { Streams } from '@isostream/core';
import { messageOf, pause } from '@isostream/core/adapter';
import type { ConnectPlan } from '../config/read-files.ts';
import type { SourcePlan } from '../config/source-connector.ts';
import { Offsets } from '../offsets/offsets.ts';
import type { OffsetStore } from '../offsets/store.ts';
import { storeOf } from '../offsets/stores.ts';
import { ProducedTopics } from './produced-topics.ts';
import { SourceTask } from './source-task.ts';

/** All sources of a worker, and how far they were read, which is stored every `offset.flush.interval.ms` and at the end. */
export class Sources {
  readonly #stop = new AbortController();
  readonly #offsets: Offsets | undefined;
  readonly #flushing: Promise<void>;
  readonly #say: (line: string) => void;
  /** One for each source; rejects with what ends it. */
  readonly runs: readonly Promise<void>[];
  #closing: Promise<void> | undefined;

  private constructor(plan: ConnectPlan, streams: Streams, offsets: Offsets | undefined, say: (line: string) => void) {
    this.#offsets = offsets;
    this.#say = say;
    const drainMs = plan.worker.number('task.shutdown.graceful.timeout.ms');
    this.runs = sourcesOf(plan).map((connector) => {
      const sayOf = (line: string): void => say(`${connector.name}: ${line}`);
      const { name, source, sourceConfig, config } = connector;
      const made = source.create(sourceConfig, { connector: name, say: sayOf });
      const { signal } = this.#stop;
      const topics = new ProducedTopics(streams, config, name, plan.worker.flag('topic.creation.enable'));
      const run =
        'relay' in made
          ? made.relay(streams, signal)
          : new SourceTask({ plan: connector, source: made, streams, topics, offsets, drainMs, say: sayOf }).run(
              signal,
            );
      // Whoever waits for it hears of it; until then it is not unhandled.
      run.catch(() => undefined);
      return run;
    });
    this.#flushing = this.#flushEvery(plan.worker.number('offset.flush.interval.ms'));
  }

  /** Starts all sources of the plan. Rejects where it cannot be told how far they were read. */
  static async start(
    plan: ConnectPlan,
    streams: Streams,
    given: OffsetStore | undefined,
    say: (line: string) => void,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<Sources> {
    const needsOffsets = sourcesOf(plan).some(({ source, sourceConfig }) => source.needsOffsets(sourceConfig));
    if (!needsOffsets) return new Sources(plan, streams, undefined, say);
    const store = given ?? (await storeOf(plan.worker, streams));
    const names = sourcesOf(plan).map(({ name }) => name);
    const offsets = new Offsets(store, names, plan.worker.number('offset.flush.timeout.ms'));
    try {
      await offsets.load(signal);
    } catch (error) {
      await offsets.close();
      throw error;
    }
    return new Sources(plan, streams, offsets, say);
  }

  /** Ends all sources in order and stores how far they came. Rejects where that could not be stored. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#stop.abort();
    await Promise.allSettled(this.runs);
    await this.#flushing;
    try {
      await this.#offsets?.flush();
    } finally {
      await this.#offsets?.close();
    }
  }

  async #flushEvery(ms: number): Promise<void> {
    while (await pause(ms, this.#stop.signal)) {
      try {
        await this.#offsets?.flush();
      } catch (error) {
        this.#say(`offsets are not stored, and tried again in ${ms} ms: ${messageOf(error)}`);
      }
    }
  }
}

/**
 * Makes the topics that sources write to and may make, before sinks look for theirs. Rejects with `unknown-topic`. A transform may
 * send records elsewhere: then it is told at the first record.
 */
export async function ensureProduced(plan: ConnectPlan, streams: Streams): Promise<void> {
  for (const { name, source, sourceConfig, config, chain } of sourcesOf(plan)) {
    if (chain.steps.length > 0) continue;
    const topics = new ProducedTopics(streams, config, name, plan.worker.flag('topic.creation.enable'));
    await topics.ensure(source.topics?.(sourceConfig) ?? []);
  }
}

function sourcesOf({ connectors }: ConnectPlan): readonly SourcePlan[] {
  return connectors.filter((connector) => connector.kind === 'source');
}
