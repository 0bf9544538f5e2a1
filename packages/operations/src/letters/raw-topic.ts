import { defineTopic, type RawEvent, type RawInput, type Topic } from '@isostream/core';

/** A topic whose declaration is not known here. */
export function rawTopic(name: string): Topic<RawInput, RawEvent> {
  return defineTopic(name, { raw: true });
}
