import { onStreams } from './distortion.ts';
import { withConsumers, withProducerCalls } from './distort-streams.ts';
import type { Mutant } from './mutant.ts';

/** Versions that take a tombstone for something else. */
export const tombstoneMutants: readonly Mutant[] = [
  {
    name: 'tombstone-of-another-key',
    defect: 'stores a tombstone under the key that the topic’s function makes of no data',
    noticedBy: ['fidelity/tombstones: each is handled by its type, in order'],
    distort: onStreams(withProducerCalls, (producer) => ({
      send: (event, options) =>
        producer.send(isTombstone(event) ? { ...event, key: String(undefined) } : event, options),
    })),
  },
  {
    name: 'tombstone-in-another-guise',
    defect: 'hands out a tombstone as an event of a declared type whose data is null',
    noticedBy: ['fidelity/tombstones: each is handled by its type, in order'],
    distort: onStreams(withConsumers, {
      handler: (handler) => (event, context) =>
        handler(isTombstone(event) ? { ...event, type: 'kept' } : event, context),
    }),
  },
  {
    name: 'passes-over-undeclared-tombstones',
    defect: 'passes over a tombstone that its topic does not declare',
    noticedBy: ['fidelity/tombstones: undeclared ones are dead-lettered'],
    exists: ({ replay }) => replay,
    distort: onStreams(withConsumers, { options: (options) => ({ ...options, onUnknownType: 'skip' }) }),
  },
];

function isTombstone(event: unknown): event is object {
  return typeof event === 'object' && event !== null && 'type' in event && event.type === 'tombstone';
}
