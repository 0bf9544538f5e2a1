import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { observe, type Observations } from '../observe/channels.ts';
import type { Health } from '../streams/types.ts';
import { record, type Histogram, type Labels, type Series } from './series.ts';

/** Counts what core tells of every client of this process. Returns what ends that. */
export function countInto(series: Series): () => void {
  const ends: (() => void)[] = [];
  const on = <Name extends keyof Observations>(name: Name, count: (message: Observations[Name]) => void): void => {
    // Made by core first, which keeps a subscriber that throws from doing harm.
    observe(name);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the channel's name says what is published on it
    const listener = (message: unknown): void => count(message as Observations[Name]);
    subscribe(`isostream:${name}`, listener);
    ends.push(() => unsubscribe(`isostream:${name}`, listener));
  };
  on('consume:attempt', countingAttempts(series));
  on('produce:batch', ({ topic, events, ms, error }) => {
    if (error === undefined) series.add('messaging.client.sent.messages', sent(topic), events);
    const labels = { ...sent(topic), 'error.type': error?.code };
    record(series.histogram('messaging.client.operation.duration', labels), ms / 1_000);
  });
  on('produce:failed', ({ topic, events, error }) => {
    series.add('messaging.client.sent.messages', { ...sent(topic), 'error.type': error.code }, events);
    series.add('isostream.producer.failures', of(topic), events);
  });
  on('produce:retry', ({ topic }) => series.add('isostream.producer.retries', of(topic)));
  for (const change of ['assigned', 'revoked', 'lost'] as const)
    on(`consume:${change}`, ({ topic, group }) =>
      series.add('isostream.consumer.assignment.changes', { ...of(topic, group), change }),
    );
  on('consume:commit-failed', ({ topic, group }) => series.add('isostream.consumer.commit.failures', of(topic, group)));
  on('consume:dead-letter-failed', ({ topic, group }) =>
    series.add('isostream.consumer.letter.failures', of(topic, group)),
  );
  on('consume:gap', ({ topic, group }) => series.add('isostream.consumer.gaps', of(topic, group)));
  on('adapter:warning', ({ adapter, count }) => series.add('isostream.warnings', { provider: adapter }, count));
  return () => {
    for (const end of ends.splice(0)) end();
  };
}

type Attempted = Observations['consume:attempt'];

/** Events come by the ten thousand a second, most of them as the one before: its durations are at hand. */
function countingAttempts(series: Series): (attempt: Attempted) => void {
  let last: Attempted | undefined;
  let durations: Histogram | undefined;
  return (attempt) => {
    const { topic, group, result, code, ms } = attempt;
    if (
      durations === undefined ||
      last === undefined ||
      last.result !== result ||
      last.topic !== topic ||
      last.group !== group ||
      last.code !== code
    ) {
      const labels = { ...of(topic, group), ...operation('process'), result, 'error.type': code };
      durations = series.histogram('messaging.process.duration', labels);
      last = attempt;
    }
    record(durations, ms / 1_000);
  };
}

/** What follows from the durations of attempts: each is one event handed out. */
export function countAttempts(counted: Series, into: Series): void {
  for (const { labels, value } of counted.histograms('messaging.process.duration')) {
    const { result, 'error.type': _, 'messaging.operation.name': operationName, ...rest } = labels;
    const consumed = { ...rest, 'messaging.operation.name': operationName };
    into.add('messaging.client.consumed.messages', consumed, value.count);
    if (result === 'retry') into.add('isostream.consumer.retries', rest, value.count);
    if (result === 'dead-letter') into.add('isostream.consumer.dead_letters', rest, value.count);
  }
}

/** What nobody has counted yet is 0, from the first look on: the first of its kind is seen as an increase. */
export function countNothing(counted: Series, into: Series, { consumers, producers }: Health): void {
  for (const { topic, group } of consumers) {
    const labels = of(topic, group);
    for (const name of ['commit.failures', 'letter.failures', 'gaps'] as const)
      counted.add(`isostream.consumer.${name}`, labels, 0);
    counted.add('isostream.consumer.assignment.changes', { ...labels, change: 'lost' }, 0);
    for (const name of ['retries', 'dead_letters'] as const) into.add(`isostream.consumer.${name}`, labels, 0);
    into.add('messaging.client.consumed.messages', { ...labels, ...operation('process') }, 0);
  }
  for (const { topic } of producers)
    for (const name of ['retries', 'failures'] as const) counted.add(`isostream.producer.${name}`, of(topic), 0);
}

/** The labels of a topic, and of a group that reads it. */
export function of(topic: string, group?: string): Labels {
  return {
    'messaging.destination.name': topic,
    ...(group === undefined ? {} : { 'messaging.consumer.group.name': group }),
  };
}

function sent(topic: string): Labels {
  return { ...of(topic), ...operation('send') };
}

function operation(name: 'send' | 'process'): Labels {
  return { 'messaging.operation.name': name };
}
