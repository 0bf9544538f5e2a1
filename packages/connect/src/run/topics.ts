import { defineTopic, type RawEvent, type RawInput, type Topic } from '@isostream/core';

export function rawTopic(name: string): Topic<RawInput, RawEvent> {
  return defineTopic(name, { raw: true });
}
