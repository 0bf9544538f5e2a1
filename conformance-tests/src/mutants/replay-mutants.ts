import { withRangeReads, withoutGaps } from './distort-assignments.ts';
import { onStreams } from './distortion.ts';
import { withReplays, withReplaysEnd } from './distort-streams.ts';
import { hasPositions, type Mutant } from './mutant.ts';

/** Providers whose replays end wrongly, or hide what they did not find. */
export const replayMutants: readonly Mutant[] = [
  {
    name: 'replay-follows-the-log',
    defect: 'goes on replaying what was stored while it replayed',
    noticedBy: ['start-replay/a-replay-ends: ends where the log ended'],
    exists: ({ replay }) => replay,
    distort: () => ({
      streams: (streams) => {
        const seen = new Set<string>();
        const place = ({ partition, position }: { readonly partition: string; readonly position: string }): string =>
          `${partition}/${position}`;
        const remembering = withReplays(streams, (handler) => (event, context) => {
          seen.add(place(context));
          return handler(event, context);
        });
        return withReplaysEnd(remembering, async (topic, options, handler) => {
          if (options.from !== 'earliest' || (options.to ?? 'now') !== 'now') return;
          await streams
            .replay(topic, options)
            .run((event, context) => (seen.has(place(context)) ? undefined : handler(event, context)));
        });
      },
    }),
  },
  {
    name: 'replay-passes-over-failures',
    defect: 'goes on with a replay after an event that failed permanently',
    noticedBy: ['start-replay/a-replay-ends: the first failure ends it'],
    exists: ({ replay }) => replay,
    distort: onStreams(withReplays, (handler) => async (event, context) => {
      try {
        await handler(event, context);
      } catch {
        // As if nothing had happened.
      }
    }),
  },
  {
    name: 'replay-hides-gaps',
    defect: 'tells nobody of what retention removed before a replay read it',
    noticedBy: ['retention/events-expire-before-they-are-read: a replay tells its gap and goes on'],
    exists: (capabilities) => hasPositions(capabilities) && capabilities.replay,
    distort: () => ({
      adapter: (adapter) => withRangeReads(adapter, withoutGaps),
    }),
  },
];
