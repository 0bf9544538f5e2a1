import { withReplays } from './distort-streams.ts';
import type { Mutant } from './mutant.ts';

/** Providers that are wrong about where reading starts, or what a replay picks. */
export const startMutants: readonly Mutant[] = [
  {
    name: 'replay-leaves-out-of-a-key',
    defect: 'leaves out every other event where a replay picks one key',
    noticedBy: ['E2: a key can be picked'],
    exists: ({ replay }) => replay,
    distort: () => ({
      streams: (streams) =>
        withReplays(streams, (handler, { key }) => {
          let count = 0;
          return (event, context) => (key === undefined || count++ % 2 === 1 ? handler(event, context) : undefined);
        }),
    }),
  },
];
