import { type EncodedEvent, type StoredEvent, StreamError } from '@isostream/core/adapter';
import { withEvents, withSink } from './distort-assignments.ts';
import { type ConsumerChanges, withConsumers, withMarkersBelieved } from './distort-streams.ts';
import type { Mutant } from './mutant.ts';
import { onAdapter } from './distortion.ts';

const consumers = (changes: ConsumerChanges): ReturnType<Mutant['distort']> => ({
  streams: (streams) => withConsumers(streams, changes),
});

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
    distort: onAdapter(withSink, (sink) =>
      withEvents(sink, (events) => events.map((event) => withoutExtension(event))),
    ),
  },
  {
    name: 'no-data-is-a-tombstone',
    defect: 'stores an event without data as a tombstone',
    noticedBy: ['fidelity/attributes: round trip'],
    exists: ({ cloudEvents }) => cloudEvents !== null,
    distort: onAdapter(withSink, (sink) =>
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
    distort: () => ({
      adapter: (adapter) =>
        withSink(adapter, (sink) => ({
          async write(route, batches, signal) {
            const results = await sink.write(route, batches, signal);
            return results.map((result, index) => {
              const events = batches[index]?.events ?? [];
              return StreamError.is(result) && events.some(isRedriven)
                ? events.map(() => ({ partition: undefined, position: undefined }))
                : result;
            });
          },
        })),
    }),
  },
  {
    name: 'believes-any-marker',
    defect: 'takes a letter for sent back when a marker names it, whatever event that was of',
    noticedBy: ['dead-letter/a-letter-holds-the-event: redrive sends what was picked'],
    exists: ({ replay }) => replay,
    distort: () => ({ streams: withMarkersBelieved }),
  },
  {
    name: 'letter-of-another-time',
    defect: 'writes another time than that at which the event was stored into its dead letter',
    noticedBy: ['dead-letter/a-redrive-is-interrupted: every header is true'],
    exists: ({ replay, headers }) => replay && headers !== 'none',
    distort: onAdapter(withSink, (sink) =>
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
