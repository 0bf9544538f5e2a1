import { type Source, type SourceRecord, SourceUnavailable } from '../sources/source.ts';
import type { SourceDistortion } from './source-subject.ts';

/** A source with other records. */
function withRecords(source: Source, change: (records: readonly SourceRecord[]) => readonly SourceRecord[]): Source {
  return {
    open: async (offset, signal) => source.open?.(offset, signal),
    poll: async (signal) => change(await source.poll(signal)),
    acknowledge: async (records, signal) => source.acknowledge?.(records, signal),
    close: async () => source.close?.(),
  };
}

/** Versions of any source that has offsets that are wrong in one way. */
export const sourceDistortions: readonly SourceDistortion[] = [
  {
    name: 'stores how far it was read before the service has it',
    killedBy: 'a source that dies before write loses nothing and reorders nothing',
    source: (source, storeNow) =>
      withRecords(source, (records) => {
        for (const { partition, offset } of records)
          if (partition !== undefined && offset !== undefined) storeNow({ partition, offset });
        return records;
      }),
  },
  {
    name: 'starts over at each start',
    killedBy: 'what a source has is sent once and in order, also across restarts',
    source: (source) => ({
      ...withRecords(source, (same) => same),
      open: async (_, signal) => source.open?.(() => undefined, signal),
    }),
  },
  {
    name: 'gives a record the offset before it',
    killedBy: 'what a source has is sent once and in order, also across restarts',
    source: (source) => {
      let before: Pick<SourceRecord, 'offset'> = {};
      return withRecords(source, (records) =>
        records.map(({ offset: own, ...record }) => {
          const moved = { ...record, ...before };
          before = own === undefined ? {} : { offset: own };
          return moved;
        }),
      );
    },
  },
  {
    name: 'gives all records the offset of the last one',
    killedBy: 'what the service has not taken when the source is stopped comes at the next start',
    source: (source) =>
      withRecords(source, (records) => {
        const { offset } = records.at(-1) ?? {};
        return offset === undefined ? records : records.map((record) => ({ ...record, offset }));
      }),
  },
  {
    name: 'gives its records in another order',
    killedBy: 'what a source has is sent once and in order, also across restarts',
    source: (source) => withRecords(source, (records) => records.toReversed()),
  },
  {
    name: 'leaves out what it had read when it became unavailable',
    killedBy: 'what a source has is sent once and in order, also across restarts',
    source: (source) => {
      let polls = 0;
      return withRecords(source, (records) => {
        if (records.length === 0 || ++polls !== 2) return records;
        throw new SourceUnavailable('not now', { waitMs: 1 });
      });
    },
  },
];
