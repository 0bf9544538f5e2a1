import {
  type Adapter,
  type EncodedEvent,
  type Key,
  type Assignment,
  CollectedPage,
  type Cursor,
  type LaneBatch,
  type Range,
  type SourceListener,
  type Start,
  type StoredEvent,
  StreamError,
  type Written,
} from '@isostream/core/adapter';

/** A signal that nobody aborts. */
export const never: AbortSignal = new AbortController().signal;

/** What one read hands over, with room for so many events. */
export async function readPage(cursor: Cursor, signal: AbortSignal, events: number = Infinity): Promise<CollectedPage> {
  const page = new CollectedPage({ events });
  await cursor.read(page, signal);
  return page;
}

/** The events of one read. */
export async function read(
  cursor: Cursor,
  signal: AbortSignal,
  events: number = Infinity,
): Promise<readonly StoredEvent[]> {
  const page = await readPage(cursor, signal, events);
  if (page.gaps.length > 0 || page.isEnd) throw new Error('events were due, not a gap or the end');
  return page.events;
}

export function event(key: Key, text: string | null, more: Partial<EncodedEvent> = {}): EncodedEvent {
  return { key, value: text === null ? null : Buffer.from(text), headers: [], ...more };
}

/** Writes events in one request, each lane a batch. Throws what the first failed batch says. */
export async function write(adapter: Adapter, topic: string, ...events: readonly EncodedEvent[]): Promise<Written[]> {
  const sink = adapter.createSink(topic);
  await sink.open(never);
  const lanes = new Map<string, EncodedEvent[]>();
  for (const each of events) {
    const lane = sink.lane(each);
    const batch = lanes.get(lane) ?? [];
    lanes.set(lane, batch);
    batch.push(each);
  }
  const batches = [...lanes].map(([lane, own]): LaneBatch => ({ lane, events: own }));
  const results = await sink.write('memory', batches, never);
  await sink.close();
  return results.flatMap((result) => {
    if (StreamError.is(result)) throw result;
    return result;
  });
}

export interface TestMember {
  /** Every assignment that was assigned, in order. */
  readonly assignments: readonly Assignment[];
  /** What happened, such as `assigned 0`, `revoking 0`, `lost 0`. */
  readonly told: readonly string[];
  readonly reasons: readonly StreamError[];
  readonly running: Promise<void>;
  /** The present assignment of a partition. Throws if there was none. */
  readonly assignment: (partition?: string) => Assignment;
  readonly leave: () => Promise<void>;
}

export interface MemberSettings {
  readonly group?: string;
  readonly clientId?: string;
  readonly from?: Start;
  /** What core would finish before it lets an assignment go. */
  readonly drain?: () => Promise<void>;
}

/** Joins a group as core would, but for the handlers. */
export function join(adapter: Adapter, topic: string, settings: MemberSettings = {}): TestMember {
  const { group = 'g', clientId = 'a', from = 'earliest', drain = async () => undefined } = settings;
  const assignments: Assignment[] = [];
  const told: string[] = [];
  const reasons: StreamError[] = [];
  const leaving = new AbortController();
  const listener: SourceListener = {
    assigned(assignment) {
      told.push(`assigned ${assignment.partition}`);
      assignments.push(assignment);
    },
    async revoking(assignment) {
      told.push(`revoking ${assignment.partition}`);
      await drain();
    },
    lost(assignment, reason) {
      told.push(`lost ${assignment.partition}`);
      reasons.push(reason);
    },
  };
  const running = adapter.createSource({ topic, group, from, clientId }).run(listener, leaving.signal);
  // A test that expects the rejection awaits `running`; for all others this would be a rejection that nobody handles.
  running.catch(() => undefined);
  return {
    assignments,
    told,
    reasons,
    running,
    assignment: (partition = '0') => {
      const assignment = assignments.findLast((each) => each.partition === partition);
      if (assignment === undefined) throw new Error(`partition ${partition} was never assigned`);
      return assignment;
    },
    leave: () => {
      leaving.abort();
      return running;
    },
  };
}

export function texts(events: readonly StoredEvent[]): (string | null)[] {
  return events.map(({ value }) => (value === null ? null : Buffer.from(value).toString()));
}

/** Reads a range to its end: the text of each event, and each gap. */
export async function readRange(adapter: Adapter, range: Range): Promise<(string | null | object)[]> {
  const found: (string | null | object)[] = [];
  const opened = await adapter.openRange(range, never);
  for (const cursor of opened.cursors)
    for (let isEnd = false; !isEnd;) {
      const page = await readPage(cursor, never);
      found.push(...page.gaps, ...texts(page.events));
      ({ isEnd } = page);
    }
  await opened.close();
  return found;
}
