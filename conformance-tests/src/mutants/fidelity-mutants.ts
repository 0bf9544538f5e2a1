import { withAdmin, withEvents, withSink } from './distort-assignments.ts';
import { sinks } from './distortion.ts';
import { withLateSends } from './distort-streams.ts';
import type { Mutant } from './mutant.ts';

/** Providers that are wrong at a boundary: of keys, of buffers, of ages. */
export const fidelityMutants: readonly Mutant[] = [
  {
    name: 'keeps-the-buffer',
    defect: 'stores what the buffer of an event holds when it is written, and not when it was sent',
    noticedBy: ['fidelity/bytes: what changes after send is not stored'],
    distort: () => ({ streams: withLateSends }),
  },
  {
    name: 'normalises-keys',
    defect: 'takes keys for one that look the same, with or without spaces behind',
    noticedBy: ['fidelity/keys: round trip', 'fidelity/keys: keys that look alike are different keys'],
    distort: () =>
      sinks((sink) =>
        withEvents(sink, (events) =>
          events.map((event) => ({
            ...event,
            key: typeof event.key === 'string' ? event.key.normalize().trimEnd() : event.key,
          })),
        ),
      ),
  },
  {
    name: 'lag-of-the-newest',
    defect: 'tells as the age of a lag that of the newest event',
    noticedBy: ['start-replay/lag: its age grows'],
    exists: ({ lag }) => lag.time,
    distort: () => ({
      adapter(adapter) {
        let written = -Infinity;
        const noting = withSink(adapter, (sink) => ({
          async write(route, batches, signal) {
            const results = await sink.write(route, batches, signal);
            written = performance.now();
            return results;
          },
        }));
        return withAdmin(noting, (admin) => ({
          async lag(topic, group, signal) {
            const lags = await admin.lag(topic, group, signal);
            const newest = performance.now() - written;
            return lags.map((lag) => ({ ...lag, ms: lag.ms === undefined ? undefined : Math.min(lag.ms, newest) }));
          },
        }));
      },
    }),
  },
];
