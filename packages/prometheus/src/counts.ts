import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { observe, type Observations } from '@isostream/core';
import { textOf, type Series } from './series.ts';

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
  const labels = new Map<string, string>();
  on('consume:attempt', ({ topic, group, result, code, ms }) => {
    // The text of the same labels is made once: events come by the ten thousand a second.
    const key = `${topic}\n${group ?? ''}\n${result}\n${code ?? ''}`;
    let text = labels.get(key);
    if (text === undefined) labels.set(key, (text = textOf({ ...of(topic, group), result, error_type: code })));
    series.observe('messaging_process_duration_seconds', text, ms / 1000);
  });
  on('produce:batch', ({ topic, events, error }) => {
    if (error === undefined) series.add('messaging_client_sent_messages_total', of(topic), events);
  });
  on('produce:failed', ({ topic, events, error }) =>
    series.add('messaging_client_sent_messages_total', { ...of(topic), error_type: error.code }, events),
  );
  on('produce:retry', ({ topic }) => series.add('isostream_producer_retries_total', of(topic)));
  for (const change of ['assigned', 'revoked', 'lost'] as const)
    on(`consume:${change}`, ({ topic, group }) =>
      series.add('isostream_consumer_assignment_changes_total', { ...of(topic, group), change }),
    );
  on('consume:commit-failed', ({ topic, group }) =>
    series.add('isostream_consumer_commit_failures_total', of(topic, group)),
  );
  on('consume:dead-letter-failed', ({ topic, group }) =>
    series.add('isostream_consumer_letter_failures_total', of(topic, group)),
  );
  on('consume:gap', ({ topic, group }) => series.add('isostream_consumer_gaps_total', of(topic, group)));
  return () => {
    for (const end of ends.splice(0)) end();
  };
}

/** The labels of a topic, and of a group that reads it. */
export function of(topic: string, group?: string): Readonly<Record<string, string>> {
  return {
    messaging_destination_name: topic,
    ...(group === undefined ? {} : { messaging_consumer_group_name: group }),
  };
}
