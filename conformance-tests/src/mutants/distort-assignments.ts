import {
  CollectedPage,
  type Adapter,
  type Admin,
  type Assignment,
  type BatchResult,
  type Cursor,
  type EncodedEvent,
  type LaneBatch,
  type Mark,
  type EventPage,
  type Range,
  type Sink,
  type Source,
  type SourceListener,
  type Start,
  type StoredEvent,
  type Subscription,
} from '@isostream/core/adapter';
import { passingSink } from '../history/passing-sink.ts';
import { pageWith, watching } from '../history/pages.ts';

/** Says of an assignment what is wrong with it, once, as it is assigned. */
export type DistortAssignment = (assignment: Assignment, subscription: Subscription) => AssignmentChanges;

/** The adapter with other assignments. */
export function withAssignments(adapter: Adapter, distort: DistortAssignment): Adapter {
  return {
    ...adapter,
    createSource: (subscription) =>
      assignmentSource(adapter.createSource(subscription), (assignment) =>
        assignmentWith(assignment, distort(assignment, subscription)),
      ),
  };
}

/** What is wrong with how something is read. */
type Read = Cursor['read'];

/** The adapter whose bounded reads read otherwise. */
export function withRangeReads(adapter: Adapter, distort: (cursor: Cursor, range: Range) => Read): Adapter {
  return {
    ...adapter,
    async openRange(range, signal) {
      const opened = await adapter.openRange(range, signal);
      const cursors = opened.cursors.map((cursor) => ({
        partition: cursor.partition,
        after: cursor.after ?? [],
        read: distort(cursor, range),
      }));
      return { cursors, close: () => opened.close() };
    },
  };
}

/** The adapter that tells its listener something else. */
export function withListener(
  adapter: Adapter,
  distort: (listener: SourceListener) => Partial<SourceListener>,
): Adapter {
  const distorted = (listener: SourceListener): SourceListener => ({
    assigned: (assignment) => listener.assigned(assignment),
    ready: () => listener.ready?.(),
    revoking: (assignment) => listener.revoking(assignment),
    lost: (assignment, reason) => listener.lost(assignment, reason),
    ...distort(listener),
  });
  return {
    ...adapter,
    createSource(subscription) {
      const source = adapter.createSource(subscription);
      return { run: (listener, signal) => source.run(distorted(listener), signal) };
    },
  };
}

function assignmentSource(source: Source, distort: (assignment: Assignment) => Assignment): Source {
  const assignments = new Map<Assignment, Assignment>();
  const distorted = (listener: SourceListener): SourceListener => ({
    assigned(assignment) {
      const outer = distort(assignment);
      assignments.set(assignment, outer);
      listener.assigned(outer);
    },
    ready: () => listener.ready?.(),
    revoking: (assignment) => listener.revoking(assignments.get(assignment) ?? assignment),
    lost: (assignment, reason) => listener.lost(assignments.get(assignment) ?? assignment, reason),
  });
  return { run: (listener, signal) => source.run(distorted(listener), signal) };
}

/** What can be wrong with an assignment. What it does not have stays absent. */
export interface AssignmentChanges {
  readonly fencingToken?: string | undefined;
  readonly isHeld?: boolean | undefined;
  readonly read?: Read;
  readonly commit?: (upTo: Mark) => Promise<void> | undefined;
  readonly settle?: (events: readonly StoredEvent[]) => Promise<void> | undefined;
}

/** The assignment itself, but for what is given. */
function assignmentWith(assignment: Assignment, changes: AssignmentChanges): Assignment {
  const { partition } = assignment;
  const fencingToken = 'fencingToken' in changes ? changes.fencingToken : assignment.fencingToken;
  const read: Read = changes.read ?? ((page, signal) => assignment.read(page, signal));
  if (assignment.commit === undefined)
    return {
      partition,
      fencingToken,
      read,
      get isHeld() {
        return 'isHeld' in changes ? changes.isHeld : assignment.isHeld;
      },
      async settle(events) {
        await (changes.settle === undefined ? assignment.settle(events) : changes.settle(events));
      },
      release: (events) => assignment.release?.(events),
    };
  return {
    partition,
    fencingToken,
    read,
    get isHeld() {
      return 'isHeld' in changes ? changes.isHeld : assignment.isHeld;
    },
    async commit(upTo) {
      await (changes.commit === undefined ? assignment.commit(upTo) : changes.commit(upTo));
    },
  };
}

/** Nobody is given these events any more: where they are settled one by one they would come again. */
export async function forget(assignment: Assignment, events: readonly StoredEvent[]): Promise<void> {
  await assignment.settle?.(events).catch(() => undefined);
}

type Rearrange = (events: readonly StoredEvent[]) => StoredEvent[];

/** Reads pages of which each comes out in another order. */
export function rearranged(cursor: Cursor, rearrange: Rearrange): Read {
  // What found no room in its new order.
  let left: readonly StoredEvent[] = [];
  return async (page, signal) => {
    const aside = new CollectedPage({ events: page.room ?? Infinity });
    if (left.length === 0) await cursor.read(aside, signal);
    for (const gap of aside.gaps) page.gap(gap);
    const events = left.length > 0 ? left : rearrange(aside.events);
    const refused = events.findIndex((event) => !page.add(event));
    left = refused < 0 ? [] : events.slice(refused);
    if (aside.isEnd && left.length === 0) page.end();
  };
}

/** Reads a page of which only some are handed over, and says which of the others there were. */
export async function readOnly(
  cursor: Cursor,
  page: EventPage,
  signal: AbortSignal,
  isMeant: (event: StoredEvent) => boolean,
): Promise<readonly StoredEvent[]> {
  const others: StoredEvent[] = [];
  const add = (event: StoredEvent): boolean => (isMeant(event) ? page.add(event) : others.push(event) > 0);
  await cursor.read(pageWith(page, { add }), signal);
  return others;
}

/** Reads a page, and says what was handed over. */
export async function readSeen(cursor: Cursor, page: EventPage, signal: AbortSignal): Promise<readonly StoredEvent[]> {
  const events: StoredEvent[] = [];
  await cursor.read(
    watching(page, (event) => void events.push(event)),
    signal,
  );
  return events;
}

/** Reads and tells nothing of what is missing. */
export function withoutGaps(cursor: Cursor): Read {
  return (page, signal) => cursor.read(pageWith(page, { gap: () => undefined }), signal);
}

/** The adapter whose groups and replays start elsewhere. */
export function withStarts(adapter: Adapter, change: (start: Start) => Start): Adapter {
  return {
    ...adapter,
    createSource: (subscription) => adapter.createSource({ ...subscription, from: change(subscription.from) }),
    openRange(range, signal) {
      const { from } = range;
      const isStart = typeof from === 'string' || from instanceof Date;
      return adapter.openRange({ ...range, from: isStart ? change(from) : from }, signal);
    },
  };
}

/** Says what is wrong with the sink of a topic. */
export type DistortSink = (sink: Sink, topic: string) => Partial<Sink>;

/** The adapter with another sink. */
export function withSink(adapter: Adapter, distort: DistortSink): Adapter {
  return {
    ...adapter,
    createSink(topic) {
      const sink = adapter.createSink(topic);
      return passingSink(sink, distort(sink, topic));
    },
  };
}

/** Writes batches whose events were changed; results stand for the originals. */
export function withEvents(
  sink: Sink,
  change: (events: readonly EncodedEvent[]) => EncodedEvent[],
): Pick<Sink, 'write'> {
  const changed = new WeakMap<LaneBatch, LaneBatch>();
  return {
    write(route, batches, signal): Promise<readonly BatchResult[]> {
      const others = batches.map((batch) => {
        const other = changed.get(batch) ?? { lane: batch.lane, events: change(batch.events) };
        changed.set(batch, other);
        return other;
      });
      return sink.write(route, others, signal);
    },
  };
}

export type DistortAdmin = (admin: Admin) => Partial<Admin>;

/** The adapter with another administration. */
export function withAdmin(adapter: Adapter, distort: DistortAdmin): Adapter {
  const { admin } = adapter;
  return {
    ...adapter,
    admin: {
      listTopics: (signal) => admin.listTopics(signal),
      describeTopic: (name, signal) => admin.describeTopic(name, signal),
      createTopic: (name, settings, signal) => admin.createTopic(name, settings, signal),
      alterTopic: (name, settings, signal) => admin.alterTopic(name, settings, signal),
      deleteTopic: (name, signal) => admin.deleteTopic(name, signal),
      listGroups: (topic, signal) => admin.listGroups(topic, signal),
      listAllGroups: (signal) => admin.listAllGroups(signal),
      listMembers: (topic, group, signal) => admin.listMembers(topic, group, signal),
      lag: (topic, group, signal) => admin.lag(topic, group, signal),
      wrongPositions: (topic, positions, signal) => admin.wrongPositions(topic, positions, signal),
      resetGroup: (topic, group, to, signal) => admin.resetGroup(topic, group, to, signal),
      deleteGroup: (topic, group, signal) => admin.deleteGroup(topic, group, signal),
      ...distort(admin),
    },
  };
}
