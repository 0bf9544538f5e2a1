import type { StreamError } from '@isostream/core';

/** Errors of the event itself: no attempt will send it. */
const ofTheEvent: ReadonlySet<string> = new Set([
  'invalid-event',
  'invalid-key',
  'invalid-header',
  'schema-violation',
  'event-too-large',
  'unsupported',
]);

/** What becomes of an event that was not sent: its key waits, or it is set aside. */
export function verdictOn(error: StreamError): 'wait' | 'refused' {
  return ofTheEvent.has(error.code) ? 'refused' : 'wait';
}
