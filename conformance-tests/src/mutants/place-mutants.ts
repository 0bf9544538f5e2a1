import { withStarts } from './distort-assignments.ts';
import { administration, onAdapter, onStreams } from './distortion.ts';
import { withConsumers } from './distort-streams.ts';
import { hasPositions, type Mutant } from './mutant.ts';

/** Providers that take what is not a place for one, or for another one. */
export const placeMutants: readonly Mutant[] = [
  {
    name: 'takes-any-position',
    defect: 'takes whatever stands where a position is to stand',
    noticedBy: [
      'start-replay/places-out-of-range: a replay from no position is refused',
      'start-replay/places-out-of-range: a reset to no position is refused',
    ],
    exists: (capabilities) => hasPositions(capabilities) && capabilities.replay && capabilities.resetGroup,
    distort: () => administration(() => ({ wrongPositions: async () => [] })),
  },
  {
    name: 'long-past-is-latest',
    defect: 'takes a time from before 1970 for the latest event, as Kafka’s protocol does with one of them',
    noticedBy: ['start-replay/places-out-of-range: a group starts in the past'],
    distort: onStreams(withConsumers, {
      options: (options) =>
        options.from instanceof Date && options.from.getTime() < 0 ? { ...options, from: 'latest' } : options,
    }),
  },
  {
    name: 'to-come-is-earliest',
    defect: 'starts at the oldest event where a group or a replay is to start at a time to come',
    noticedBy: [
      'start-replay/places-out-of-range: a group starts in the future',
      'start-replay/places-out-of-range: from the future is nothing, up to the past as well',
    ],
    distort: onAdapter(withStarts, (start) =>
      start instanceof Date && start.getTime() > Date.now() + 60_000 ? 'earliest' : start,
    ),
  },
];
