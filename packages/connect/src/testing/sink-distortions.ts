import { type PutResult, type Sink, refused, type SinkRecord, stored, TargetUnavailable } from '../sinks/sink.ts';
import type { SinkDistortion } from './subject.ts';

/** A sink whose put is another. */
function withPut(sink: Sink, put: Sink['put']): Sink {
  return {
    open: async (signal) => sink.open?.(signal),
    put,
    close: async () => sink.close?.(),
  };
}

type Change = (results: readonly PutResult[], records: readonly SinkRecord[]) => readonly PutResult[];
const answering =
  (change: Change) =>
  (sink: Sink): Sink =>
    withPut(sink, async (records, signal) => change(await sink.put(records, signal), records));
const given =
  (change: (records: readonly SinkRecord[]) => readonly SinkRecord[]) =>
  (sink: Sink): Sink =>
    withPut(sink, (records, signal) => sink.put(change(records), signal));

/** Versions of any sink that are wrong in one way. */
export const sinkDistortions: readonly SinkDistortion[] = [
  {
    name: 'says stored before the target has it',
    killedBy: 'a record is stored only once the target has it',
    sink: (sink) =>
      withPut(sink, async (records, signal) => {
        sink.put(records, signal).catch(() => undefined);
        return records.map(() => stored);
      }),
  },
  {
    name: 'passes over what could not be stored',
    killedBy: 'a target that cannot be reached gets everything once it is back',
    sink: (sink) =>
      withPut(sink, (records, signal) => sink.put(records, signal).catch(() => records.map(() => stored))),
  },
  {
    name: 'counts what is to come later as stored',
    killedBy: 'of an answer in part only the rest comes again',
    sink: answering((results) => results.map((result) => (result.state === 'later' ? stored : result))),
  },
  {
    name: 'takes an outage for bad records',
    killedBy: 'a target that throttles gets everything later, and nothing is taken for bad',
    sink: (sink) =>
      withPut(sink, (records, signal) =>
        sink.put(records, signal).catch((error: unknown) => records.map(() => refused(error))),
      ),
  },
  {
    name: 'takes what is to come later for bad',
    killedBy: 'of an answer in part only the rest comes again',
    sink: answering((results) =>
      results.map((result) => (result.state === 'later' ? { state: 'refused', error: result.error } : result)),
    ),
  },
  {
    name: 'ends at an outage',
    killedBy: 'a target that cannot be reached gets everything once it is back',
    sink: (sink) =>
      withPut(sink, (records, signal) =>
        sink.put(records, signal).catch((cause: unknown) => {
          throw cause instanceof TargetUnavailable ? new TypeError('fetch failed', { cause }) : cause;
        }),
      ),
  },
  {
    name: 'refuses a whole batch for one bad record',
    killedBy: 'a bad record is refused by itself, and its neighbours are stored',
    sink: answering((results) => {
      const bad = results.find(({ state }) => state === 'refused');
      return bad === undefined ? results : results.map(() => bad);
    }),
  },
  {
    name: 'gives its results in another order',
    killedBy: 'a bad record is refused by itself, and its neighbours are stored',
    sink: answering((results) => results.toReversed()),
  },
  {
    name: 'gives a result too few',
    killedBy: 'what is put arrives, each key in its order',
    sink: answering((results) => results.slice(1)),
  },
  {
    name: 'keeps the last record of a call for the next one',
    killedBy: 'what is put arrives, each key in its order',
    sink: (sink) => {
      let kept: readonly SinkRecord[] = [];
      return withPut(sink, async (records, signal) => {
        const now = [...kept, ...records.slice(0, -1)];
        kept = records.slice(-1);
        if (now.length > 0) await sink.put(now, signal);
        return records.map(() => stored);
      });
    },
  },
  {
    name: 'writes a call twice',
    killedBy: 'what is put arrives, each key in its order',
    sink: (sink) =>
      withPut(sink, async (records, signal) => {
        await sink.put(records, signal);
        return sink.put(records.map(moved), signal);
      }),
  },
  {
    name: 'knows a record by when it was written, not by where it is stored',
    killedBy: 'a lost answer loses nothing',
    sink: given((records) => records.map(moved)),
  },
  {
    name: 'does not tell an older record from a newer one',
    killedBy: 'a former owner that writes late changes nothing',
    sink: given((records) => records.map((record) => ({ ...record, offset: null, order: null }))),
  },
  {
    name: 'does not stop when it is told to',
    killedBy: 'a put ends once its signal is aborted, and says nothing is stored',
    sink: (sink) => withPut(sink, (records) => sink.put(records, new AbortController().signal)),
  },
];

let moves = 1_000;

/** The same record in another place of its partition. */
function moved(record: SinkRecord): SinkRecord {
  const position = moves++;
  const origin = { ...record.origin, position: String(position) };
  return { ...record, origin, offset: BigInt(position), order: String(position).padStart(20, '0') };
}
