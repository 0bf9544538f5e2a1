import {
  defineTopic,
  type Schema,
  type StreamEvent,
  type Topic,
  type TopicStorage,
  type EventInput,
} from '@isostream/core';

/** What every event of a scenario carries, so that a history can be judged. */
export interface Load {
  readonly key: string | null;
  /** Counts the events of a key, from 0. */
  readonly seq: number;
  readonly pad?: string;
}

export type LoadInput = EventInput<'load', Load | null>;
/** An event of the suite, which always has an id and data. */
export type NewLoad = EventInput<'load', Load> & { readonly id: string };
export type LoadEvent = StreamEvent<'load', Load>;
export type LoadTopic = Topic<LoadInput, LoadEvent>;

const loadSchema: Schema<Load, Load> = {
  '~standard': {
    version: 1,
    vendor: 'isostream',
    validate: (value) => (isLoad(value) ? { value } : { issues: [{ message: 'expected { key, seq }' }] }),
  },
};

/** A keyed topic of load events. */
export function loadTopic(name: string, storage: TopicStorage = {}): LoadTopic {
  return defineTopic(name, { events: { load: loadSchema }, key: (event) => String(event.data.key), ...storage });
}

/** A topic that gives order up. */
export function unkeyedTopic(name: string, storage: TopicStorage = {}): LoadTopic {
  return defineTopic(name, { events: { load: loadSchema }, key: null, ...storage });
}

function isLoad(value: unknown): value is Load {
  return (
    typeof value === 'object' && value !== null && 'key' in value && 'seq' in value && typeof value.seq === 'number'
  );
}
