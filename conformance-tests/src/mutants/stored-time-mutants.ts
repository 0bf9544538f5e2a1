import type { Adapter, Cursor, EncodedEvent, StoredEvent } from '@isostream/core/adapter';
import {
  forget,
  readOnly,
  withAdmin,
  withAssignments,
  withEvents,
  withRangeReads,
  withSink,
  withStarts,
} from './distort-assignments.ts';
import { administration, onAdapter } from './distortion.ts';
import type { Mutant } from './mutant.ts';

/** Providers that are wrong about which time is meant: when an event happened, or when it was stored. */
export const storedTimeMutants: readonly Mutant[] = [
  {
    name: 'stored-when-it-happened',
    defect: 'takes the time of an event, which is data, for the time at which it was stored',
    noticedBy: [
      'retention/late-and-future-events-are-kept: kept for its retention after it was stored',
      'retention/late-and-future-events-are-kept: is stored at the time of storing',
    ],
    exists: ({ storedTime }) => storedTime === 'sender',
    distort: () => ({
      adapter: (adapter) =>
        withAdmin(
          withSink(adapter, (sink) =>
            withEvents(sink, (events) => events.map((event) => ({ ...event, ...timestampOf(event) }))),
          ),
          (admin) => ({
            createTopic: (name, settings, signal) =>
              admin.createTopic(name, { ...settings, storedTime: 'sender' }, signal),
          }),
        ),
    }),
  },
  {
    name: 'found-by-when-it-happened',
    defect: 'looks for the time of an event where a group or a replay starts or ends at a time',
    noticedBy: [
      'retention/late-and-future-events-are-kept: a replay starts at a time',
      'retention/late-and-future-events-are-kept: a replay ends before a time',
      'retention/late-and-future-events-are-kept: a group starts at a time',
    ],
    distort: () => ({ adapter: byTimeOfEvent }),
  },
  {
    name: 'start-after-the-time',
    defect: 'leaves out what was stored at the very time at which a group or a replay is to start',
    noticedBy: [
      'retention/late-and-future-events-are-kept: a replay starts at a time',
      'retention/late-and-future-events-are-kept: a group starts at a time',
    ],
    distort: onAdapter(withStarts, (start) => (start instanceof Date ? new Date(start.getTime() + 1) : start)),
  },
  {
    name: 'start-before-the-time',
    defect: 'starts a group or a replay a second early that is to start at a time',
    noticedBy: [
      'retention/late-and-future-events-are-kept: a replay starts at a time',
      'retention/late-and-future-events-are-kept: a group starts at a time',
    ],
    distort: onAdapter(withStarts, (start) => (start instanceof Date ? new Date(start.getTime() - 1_000) : start)),
  },
  {
    name: 'reset-after-the-time',
    defect: 'moves a group behind what was stored at the very time to which it is reset',
    noticedBy: ['retention/late-and-future-events-are-kept: a reset moves to a time'],
    exists: ({ resetGroup }) => resetGroup,
    distort: () =>
      administration((admin) => ({
        resetGroup: (topic, group, to, signal) =>
          admin.resetGroup(topic, group, to instanceof Date ? new Date(to.getTime() + 1) : to, signal),
      })),
  },
  {
    name: 'end-at-the-time-included',
    defect: 'replays what was stored at the very time before which a replay is to end',
    noticedBy: [
      'retention/late-and-future-events-are-kept: a replay ends before a time',
      'retention/late-and-future-events-are-kept: a replay lies between two times',
    ],
    exists: ({ replay }) => replay,
    distort: () => ({
      adapter: (adapter) => ({
        ...adapter,
        openRange: (range, signal) =>
          adapter.openRange({ ...range, to: range.to === 'now' ? 'now' : new Date(range.to.getTime() + 1) }, signal),
      }),
    }),
  },
  {
    name: 'now-by-the-clock-of-the-client',
    defect: 'ends a replay of everything by the time of day of the client that asks',
    noticedBy: [
      'start-replay/a-client-with-a-wrong-clock: replays everything, behind',
      'start-replay/a-client-with-a-wrong-clock: finds its letters',
    ],
    exists: ({ replay }) => replay,
    distort: () => ({
      adapter: (adapter) => ({
        ...adapter,
        openRange: (range, signal) =>
          adapter.openRange({ ...range, to: range.to === 'now' ? new Date() : range.to }, signal),
      }),
    }),
  },
];

/** Everything is read, and what did not happen in the range is dropped. */
function byTimeOfEvent(adapter: Adapter): Adapter {
  const groups = withAssignments(
    { ...adapter, createSource: (subscription) => adapter.createSource({ ...subscription, from: 'earliest' }) },
    (assignment, { from }) => {
      if (!(from instanceof Date)) return {};
      const drop = (events: readonly StoredEvent[]): Promise<void> => forget(assignment, events);
      return { read: only(assignment, (time) => time >= from.getTime(), drop) };
    },
  );
  const widened: Adapter = {
    ...adapter,
    openRange: (range, signal) =>
      adapter.openRange({ ...range, from: range.from instanceof Date ? 'earliest' : range.from, to: 'now' }, signal),
  };
  const everything = withRangeReads(widened, (cursor, { from, to }) => {
    const first = from instanceof Date ? from.getTime() : -Infinity;
    const before = to === 'now' ? Infinity : to.getTime();
    return only(
      cursor,
      (time) => time >= first && time < before,
      async () => undefined,
    );
  });
  return {
    ...groups,
    openRange(range, signal) {
      const { from, to } = range;
      if (!(from instanceof Date) && to === 'now') return adapter.openRange(range, signal);
      return everything.openRange(range, signal);
    },
  };
}

/** Reads without the events that happened at other times. */
function only(
  cursor: Cursor,
  happened: (time: number) => boolean,
  drop: (events: readonly StoredEvent[]) => Promise<void>,
): Cursor['read'] {
  const isMeant = (event: StoredEvent): boolean => happened(timestampOf(event).timestamp ?? event.timestamp);
  return async (page, signal) => {
    const others = await readOnly(cursor, page, signal, isMeant);
    if (others.length > 0) await drop(others);
  };
}

/** When an event happened, by its CloudEvents attribute, in either mode. */
function timestampOf({ headers, value }: EncodedEvent): { readonly timestamp?: number } {
  const header = headers.find(([name]) => /^(?:ce[_-]|cloudEvents[:_])time$/.test(name))?.[1];
  const text = header ?? /"time":"([^"]+)"/.exec(Buffer.from(value ?? []).toString())?.[1];
  return text === undefined ? {} : { timestamp: Date.parse(String(text)) };
}
