import type { Streams } from '@isostream/core';
import type { ConnectPlan } from '../config/read-files.ts';
import type { OffsetStore } from '../offsets/store.ts';
import { startSink } from './start-sink.ts';
import { ensureProduced, Sources } from './sources.ts';

export interface RunOptions {
  /** Ends all connectors: what was started is finished, and positions are committed. */
  readonly signal?: AbortSignal;
  /** Takes lines for people. Default: nobody hears them. */
  readonly say?: (line: string) => void;
  /** Where to keep how far sources were read, instead of what the worker's file says. */
  readonly offsets?: OffsetStore;
}

/**
 * Runs connectors until the signal, or until one of them fails: then the others are ended too, and the failure is thrown, so
 * that whoever watches the process sees it. `streams` needs no topics declared; topics that do not exist are refused.
 */
export async function runConnectors(plan: ConnectPlan, streams: Streams, options: RunOptions = {}): Promise<void> {
  const { signal, say = () => undefined } = options;
  const deadline = `${plan.worker.number('task.shutdown.graceful.timeout.ms')}ms` as const;
  const runs: Promise<void>[] = [];
  const closes: (() => Promise<unknown>)[] = [];
  const ends: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    const closing = closes.map((each) => each());
    // One that cannot be closed in order does not keep the others from it.
    await Promise.allSettled(closing);
    await Promise.all(closing);
  };
  try {
    await ensureProduced(plan, streams);
    for (const connector of plan.connectors) {
      if (connector.kind === 'source') continue;
      const started = await startSink(connector, plan.worker, streams, say);
      closes.push(...started.consumers.map((consumer) => () => consumer.close({ deadline })));
      runs.push(...started.runs);
      ends.push(started.end);
    }
    const sources = await Sources.start(plan, streams, options.offsets, say, signal);
    closes.push(() => sources.close());
    runs.push(...sources.runs);
    const stopped = new Promise<void>((resolve) => {
      if (signal?.aborted === true) resolve();
      signal?.addEventListener('abort', () => resolve(), { once: true });
    });
    // A run that ends by itself has failed, or was closed below.
    await Promise.race([stopped, Promise.all(runs)]);
    await close();
    await Promise.all(runs);
  } finally {
    // What went wrong first is what is told.
    await close().catch(() => undefined);
    for (const end of ends) await end();
  }
}
