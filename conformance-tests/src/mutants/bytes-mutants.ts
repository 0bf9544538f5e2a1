import type { EncodedEvent } from '@isostream/core/adapter';
import { withEvents, withSink } from './distort-assignments.ts';
import { packedHeader } from '../load/packed-codec.ts';
import { withHastyCodecs } from './distort-streams.ts';
import { hasHeaders, type Mutant } from './mutant.ts';

/** Providers that store something else than what was sent. */
export const bytesMutants: readonly Mutant[] = [
  {
    name: 'header-case-folded',
    defect: 'writes header names in lower case',
    noticedBy: ['fidelity/headers: round trip'],
    exists: hasHeaders,
    distort: () =>
      changedEvents((event) => ({
        ...event,
        headers: event.headers.map(([name, value]) => [name.toLowerCase(), value] as const),
      })),
  },
  {
    name: 'tombstone-becomes-empty',
    defect: 'stores an empty payload for a tombstone',
    noticedBy: ['fidelity/bytes: round trip'],
    // Without headers it is a wrapper that says that there is no payload.
    exists: hasHeaders,
    distort: () => changedEvents((event) => ({ ...event, value: event.value ?? new Uint8Array() })),
  },
  {
    name: 'empty-key-becomes-null',
    defect: 'takes an empty key for none',
    noticedBy: ['fidelity/keys: round trip'],
    distort: () => changedEvents((event) => ({ ...event, key: event.key === '' ? null : event.key })),
  },
  {
    name: 'payloads-as-text',
    defect: 'takes payloads for text, of which replacement characters are left where they are none',
    noticedBy: ['fidelity/bytes: round trip', 'fidelity/formats-and-codecs: a plain payload is what the codec wrote'],
    // Without headers binary data is base64 in a JSON text, but for plain events.
    distort: () =>
      changedEvents((event) => ({
        ...event,
        value: event.value === null ? null : Buffer.from(Buffer.from(event.value).toString('utf8')),
      })),
  },
  {
    name: 'forgets-the-version',
    defect: 'stores events without the version that they name',
    noticedBy: [
      'fidelity/versions-of-an-event: the older release gets its newest version',
      'fidelity/versions-of-an-event: the newer release gets its newest version',
    ],
    // Without headers it is in the payload.
    exists: hasHeaders,
    distort: () =>
      changedEvents((event) => ({
        ...event,
        headers: event.headers.filter(([name]) => !name.endsWith('dataschema')),
      })),
  },
  {
    name: 'loses-the-header-of-a-codec',
    defect: 'stores events without the header in which their codec names the schema',
    noticedBy: ['fidelity/formats-and-codecs: round trip'],
    // Without headers it is in the payload.
    exists: hasHeaders,
    distort: () =>
      changedEvents((event) => ({ ...event, headers: event.headers.filter(([name]) => name !== packedHeader) })),
  },
  {
    name: 'gives-up-on-a-codec',
    defect: 'takes an event for undecodable that its codec cannot read for now',
    noticedBy: [
      'fidelity/formats-and-codecs: a codec that waits fails nobody',
      'fidelity/formats-and-codecs: round trip',
    ],
    distort: () => ({ streams: withHastyCodecs }),
  },
];

function changedEvents(change: (event: EncodedEvent) => EncodedEvent) {
  return {
    adapter: (adapter: Parameters<typeof withSink>[0]) =>
      withSink(adapter, (sink) => withEvents(sink, (events) => events.map(change))),
  };
}
