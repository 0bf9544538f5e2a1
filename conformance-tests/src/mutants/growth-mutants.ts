import type { LaneBatch, Sink } from '@isostream/core/adapter';
import { withAdmin, withSink } from './distort-assignments.ts';
import type { Mutant } from './mutant.ts';

/** Providers that are wrong when a keyed topic grows. */
export const growthMutants: readonly Mutant[] = [
  {
    name: 'keys-move-under-a-producer',
    defect: 'lets a producer at work place its keys by the new number of partitions as soon as there are more',
    noticedBy: ['key-order/a-keyed-topic-grows: an open producer keeps its keys where they are'],
    exists: ({ reshard }) => reshard === 'grow',
    distort() {
      const open = new Set<() => Promise<void>>();
      return {
        adapter(adapter) {
          const counting = withAdmin(adapter, (admin) => ({
            async alterTopic(name, settings, signal) {
              await admin.alterTopic(name, settings, signal);
              await Promise.all([...open].map((openAnew) => openAnew()));
            },
          }));
          return withSink(counting, (sink, topic) => {
            let anew: Sink | undefined;
            const openAnew = async (): Promise<void> => {
              const fresh = adapter.createSink(topic);
              await fresh.open(new AbortController().signal);
              anew = fresh;
            };
            open.add(openAnew);
            return {
              ...inTheNewestOf(sink, () => anew),
              async close() {
                open.delete(openAnew);
                await anew?.close();
                await sink.close();
              },
            };
          });
        },
      };
    },
  },
];

/** What is placed from now on goes by the newest sink, and what was placed before by the one that placed it. */
function inTheNewestOf(old: Sink, newest: () => Sink | undefined): Pick<Sink, 'lane' | 'route' | 'write' | 'abandon'> {
  const owns = new WeakMap<LaneBatch, LaneBatch>();
  const sinkOf = (name: string): Sink => (name.startsWith(newMark) ? (newest() ?? old) : old);
  const own = (batch: LaneBatch): LaneBatch => {
    const found = owns.get(batch) ?? { ...batch, lane: batch.lane.slice(newMark.length) };
    owns.set(batch, found);
    return found;
  };
  return {
    lane(event) {
      const sink = newest();
      return sink === undefined ? `${oldMark}${old.lane(event)}` : `${newMark}${sink.lane(event)}`;
    },
    route: (lane) => `${lane.slice(0, newMark.length)}${sinkOf(lane).route(lane.slice(newMark.length))}`,
    write: (route, batches, signal) => sinkOf(route).write(route.slice(newMark.length), batches.map(own), signal),
    abandon: (batch) => sinkOf(batch.lane).abandon(own(batch)),
  };
}

const oldMark = 'old ';
const newMark = 'new ';
