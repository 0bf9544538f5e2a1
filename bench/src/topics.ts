import {
  defineTopic,
  type EventInput,
  type RawEvent,
  type RawInput,
  type Schema,
  type StreamEvent,
  type Topic,
} from '@isostream/core';
import type { TypedMessage } from './load.ts';

export const partitions = 12;

/** Bytes as they stand: what the raw client does. */
export function rawTopic(name: string): Topic<RawInput, RawEvent> {
  return defineTopic(name, { raw: true, partitions });
}

type Data = TypedMessage['data'];

/** Accepts everything at once: what is measured is isostream, not a schema library. */
export const accepting: Schema<Data> = {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only what the bench itself sends comes here
  '~standard': { version: 1, vendor: 'bench', validate: (value) => ({ value: value as Data }) },
};

/** CloudEvents with JSON data, an id and a time each: what applications use. */
export function typedTopic(name: string): Topic<EventInput<'measured', Data | null>, StreamEvent<'measured', Data>> {
  return defineTopic(name, { events: { measured: accepting }, key: (event) => event.data.key, partitions });
}
