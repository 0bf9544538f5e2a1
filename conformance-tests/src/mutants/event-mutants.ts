import { type EncodedEvent, type StoredEvent, StreamError } from '@isostream/core/adapter';
import { withEvents } from './distort-assignments.ts';
import { answers, consumers, sinks } from './distortion.ts';
import { withDiscardsPretended, withEditsForgotten, withMarkersBelieved } from './distort-streams.ts';
import type { Mutant } from './mutant.ts';

/** Versions that do not keep an event as it is: for its next attempt, on its way, or in its letter. */
export const eventMutants: readonly Mutant[] = [
  {
    name: 'hands-out-one-copy',
    defect: 'gives every attempt of an event the same object, with what the handler made of it before',
    noticedBy: ['retry/each-attempt-gets-the-same-event: attempts are alike'],
    distort: () =>
      consumers({
        handler(handler) {
          const given = new Map<string, unknown>();
          return (event, context) => {
            const place = `${context.topic} ${context.partition} ${context.position}`;
            if (!given.has(place)) given.set(place, event);
            return handler(given.get(place), context);
          };
        },
      }),
  },
  {
    name: 'drops-extensions',
    defect: 'stores events without the attributes that CloudEvents does not define',
    noticedBy: ['fidelity/attributes: round trip'],
    distort: () => sinks((sink) => withEvents(sink, (events) => events.map((event) => withoutExtension(event)))),
  },
  {
    name: 'no-data-is-a-tombstone',
    defect: 'stores an event without data as a tombstone',
    noticedBy: ['fidelity/attributes: round trip'],
    exists: ({ cloudEvents }) => cloudEvents !== null,
    distort: () =>
      sinks((sink) =>
        withEvents(sink, (events) =>
          events.map((event) => (event.value?.byteLength === 0 ? { ...event, value: null } : event)),
        ),
      ),
  },
  {
    name: 'believes-refused-redrives',
    defect: 'takes an event that was to be sent back for stored though its write was refused',
    noticedBy: ['dead-letter/a-redrive-is-interrupted: none is lost'],
    exists: ({ replay }) => replay,
    distort: () =>
      answers((result, { events }) =>
        StreamError.is(result) && events.some(isRedriven)
          ? events.map(() => ({ partition: undefined, position: undefined }))
          : result,
      ),
  },
  {
    name: 'believes-any-marker',
    defect: 'takes a letter for sent back when a marker names it, whatever event that was of',
    noticedBy: ['dead-letter/a-letter-holds-the-event: redrive sends what was picked'],
    exists: ({ replay }) => replay,
    distort: () => ({ streams: withMarkersBelieved }),
  },
  {
    name: 'discards-without-a-marker',
    defect: 'says that letters are discarded and marks none',
    noticedBy: [
      'dead-letter/letters-are-edited-and-discarded: a discarded letter is gone',
      'dead-letter/letters-are-edited-and-discarded: a discarded letter is not sent back',
    ],
    exists: ({ replay }) => replay,
    distort: () => ({ streams: withDiscardsPretended }),
  },
  {
    name: 'forgets-the-edit',
    defect: 'sends a letter back as it was, though another payload was given for it',
    noticedBy: ['dead-letter/letters-are-edited-and-discarded: an edited letter comes as it was edited'],
    exists: ({ replay }) => replay,
    distort: () => ({ streams: withEditsForgotten }),
  },
  {
    name: 'letter-of-another-time',
    defect: 'writes another time than that at which the event was stored into its dead letter',
    noticedBy: ['dead-letter/a-redrive-is-interrupted: every header is true'],
    exists: ({ replay, headers }) => replay && headers !== 'none',
    distort: () =>
      sinks((sink) =>
        withEvents(sink, (events) =>
          events.map((event) => ({
            ...event,
            headers: event.headers.map(([name, value]) =>
              name === 'isostream-time' ? ([name, new Date(0).toISOString()] as const) : ([name, value] as const),
            ),
          })),
        ),
      ),
  },
];

/** In headers, or in the wrapper around it. */
function isRedriven({ headers, value }: Pick<StoredEvent, 'headers' | 'value'>): boolean {
  const mark = 'isostream-redriven-from';
  return headers.some(([name]) => name === mark) || Buffer.from(value ?? []).includes(mark);
}

function withoutExtension(event: EncodedEvent): EncodedEvent {
  const names = /(?:traceparent|tenant|sampled|rate|empty|a1)$/;
  const { value } = event;
  const text = value === null ? '' : Buffer.from(value).toString('utf8');
  return {
    ...event,
    headers: event.headers.filter(([name]) => !names.test(name)),
    // A structured event holds them in its text.
    ...(text.includes('"specversion"')
      ? { value: Buffer.from(text.replaceAll(/"(?:traceparent|tenant)":"[^"]*",?/g, '')) }
      : {}),
  };
}
