import type { TopicDescription, TopicSettings } from '@isostream/core/adapter';
import { partition } from './message.ts';
import type { TopicInfo } from './client/service.ts';

/** What the service has no setting for is stored in labels, so that it reads back as it was declared. */
const maxEventBytesLabel = 'isostream-max-event-bytes';
/** Of topics that are created without saying: what other providers take as well. */
const defaultEventBytes = 1_048_576;

/** A topic as it is created. */
export function newTopic(name: string, settings: TopicSettings, defaultRetentionMs: number): TopicInfo {
  const { retentionMs = defaultRetentionMs, maxEventBytes = defaultEventBytes } = settings;
  return {
    name,
    messageRetentionDuration: retention(retentionMs),
    labels: { [maxEventBytesLabel]: String(maxEventBytes) },
  };
}

/** What to send for a change, and which of it the service has to look at. */
export function changedTopic(
  found: TopicInfo,
  { retentionMs, maxEventBytes }: TopicSettings,
): { readonly topic: TopicInfo; readonly paths: string[] } {
  const topic: TopicInfo = { name: found.name ?? '' };
  const paths: string[] = [];
  if (retentionMs !== undefined) {
    topic.messageRetentionDuration = retention(retentionMs);
    paths.push('message_retention_duration');
  }
  if (maxEventBytes !== undefined) {
    topic.labels = { ...found.labels, [maxEventBytesLabel]: String(maxEventBytes) };
    paths.push('labels');
  }
  return { topic, paths };
}

export function describe(name: string, topic: TopicInfo): TopicDescription {
  const retentionMs = retentionOf(topic);
  const maxEventBytes = maxEventBytesOf(topic);
  return {
    name,
    partitionNames: [partition],
    compaction: false,
    ...(retentionMs === undefined ? {} : { retentionMs }),
    ...(maxEventBytes === undefined ? {} : { maxEventBytes }),
  };
}

/** Retention in milliseconds; `undefined` for a topic without any. */
export function retentionOf({ messageRetentionDuration }: TopicInfo): number | undefined {
  const seconds = Number(messageRetentionDuration?.seconds ?? 0);
  return seconds === 0 ? undefined : seconds * 1_000;
}

/** The largest event as declared; `undefined` on a topic that others made. */
export function maxEventBytesOf({ labels }: TopicInfo): number | undefined {
  const label = Number(labels?.[maxEventBytesLabel]);
  return label > 0 ? label : undefined;
}

function retention(ms: number): { seconds: number } {
  return { seconds: Math.ceil(ms / 1_000) };
}
