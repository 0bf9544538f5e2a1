import { createStreams, StreamError, type Streams } from '@isostream/core';
import { openAdapter, systemClock, withDeadline } from '@isostream/core/adapter';
import type { Harness } from '../suites/harness.ts';
import { type LoadTopic, loadTopic } from '../load/load-topic.ts';
import { WarningsSeen } from './warnings.ts';

/** How long one step may take. */
const stepMs = 60_000;
/** How long a member may be in trouble that it takes for passing, such as a service that does not answer: most of it passes sooner. */
const usualTroubleMs = 20_000;

/**
 * Does once what every scenario needs, on a topic of its own that it deletes: connects, creates a topic, sends, reads in a
 * group, and deletes both. Throws one error that says which step failed and what is missing, before any scenario runs.
 */
export async function preflight(
  harness: Harness,
  signal: AbortSignal,
  troubleMs: number = usualTroubleMs,
): Promise<void> {
  const adapter = openAdapter(harness.createAdapter('preflight'));
  const topic = loadTopic(`preflight-${process.pid.toString(36)}`, { partitions: 1 });
  const group = 'preflight';
  const step = async (what: string, cure: string, work: (signal: AbortSignal) => Promise<unknown>): Promise<void> => {
    try {
      const late = (): StreamError =>
        new StreamError('timeout', `no answer within ${stepMs / 1_000} s.`, { where: 'preflight' });
      await withDeadline({ ms: stepMs, late, signals: [signal] }, work);
    } catch (thrown) {
      const error = StreamError.from(thrown, 'preflight');
      throw new StreamError(error.code, `preflight: cannot ${what}: ${sentence(error.message)} ${cure}`, {
        where: harness.broker,
        cause: thrown,
      });
    }
  };
  let streams: Streams | undefined;
  try {
    await step('connect', 'Check the address, TLS and credentials', async () => {
      streams = await createStreams({ adapter, topics: [] });
    });
    await step(
      'create a topic',
      'The suite creates and deletes topics: allow both, for names that begin with the prefix',
      (own) => adapter.admin.createTopic(topic.name, { partitions: 1 }, own),
    );
    const use = async (): Promise<void> => {
      await step('send an event', 'Allow writing to topics that begin with the prefix', () =>
        opened(streams)
          .producer(topic)
          .send({ type: 'load', id: 'preflight', data: { key: 'k', seq: 0 } }),
      );
      await step('read it in a group', 'Allow reading, and groups that begin with the prefix', (own) =>
        readOne(opened(streams), { topic, group, troubleMs }, own),
      );
      await step('delete the group', 'Allow deleting groups that begin with the prefix', (own) =>
        adapter.admin.deleteGroup(topic.name, group, own),
      );
    };
    const tidy = (): Promise<void> =>
      step('delete the topic', `Delete ${topic.name} by hand`, (own) => adapter.admin.deleteTopic(topic.name, own));
    const [used] = await Promise.allSettled([use()]);
    const [tidied] = await Promise.allSettled([tidy()]);
    // What is missing first is what is said; that the topic stays is then no news.
    const failed = [used, tidied].find((result) => result.status === 'rejected');
    if (failed !== undefined) throw StreamError.from(failed.reason, 'preflight');
  } finally {
    await (streams === undefined ? adapter.close() : streams.close({ deadline: '2s' }));
  }
}

interface Reading {
  readonly topic: LoadTopic;
  readonly group: string;
  readonly troubleMs: number;
}

/** Throws what the member waited for, where nothing comes: it would wait for ever, since that may pass. */
async function readOne(streams: Streams, { topic, group, troubleMs }: Reading, signal: AbortSignal): Promise<void> {
  // A dead letter would need one more topic.
  const consumer = streams.consumer(topic, { group, from: 'earliest', onFailure: 'skip' });
  const giveUp = (): void => void consumer.close({ deadline: 0 });
  signal.addEventListener('abort', giveUp, { once: true });
  let cancel: (() => void) | undefined;
  const warnings = new WarningsSeen(() => (cancel ??= systemClock.timer(troubleMs, giveUp)));
  try {
    let handled = 0;
    await consumer.run(() => {
      handled++;
      void consumer.close();
    });
    if (handled > 0) return;
    const trouble = warnings.all.at(-1);
    if (trouble?.error !== undefined) throw StreamError.from(trouble.error, 'preflight');
    const why = trouble?.message ?? `nothing came within ${stepMs / 1_000} s`;
    throw new StreamError('timeout', why, { where: 'preflight' });
  } finally {
    cancel?.();
    warnings.close();
  }
}

/** A cure follows. */
function sentence(text: string): string {
  return `${text.replace(/[.\s]+$/, '')}.`;
}

function opened(streams: Streams | undefined): Streams {
  if (streams === undefined) throw new Error('nothing is connected');
  return streams;
}

/** What earlier runs left behind under this prefix, deleted; returns the names of the topics. */
export async function cleanUp(harness: Harness, signal: AbortSignal): Promise<readonly string[]> {
  const adapter = openAdapter(harness.createAdapter('clean-up'));
  try {
    const topics = await adapter.admin.listTopics(signal);
    for (const topic of topics) {
      for (const group of await adapter.admin.listGroups(topic, signal))
        await adapter.admin.deleteGroup(topic, group, signal);
      await adapter.admin.deleteTopic(topic, signal);
    }
    return topics;
  } finally {
    await adapter.close();
  }
}
