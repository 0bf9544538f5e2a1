import type { HandlerContext } from '@isostream/core';
import { passingSink } from './passing-sink.ts';
import {
  type Adapter,
  type EncodedEvent,
  type Assignment,
  type Cursor,
  type IndividualAssignment,
  type WatermarkAssignment,
  type Mark,
  openLetter,
  type EventPage,
  type Sink,
  sizeOf,
  type Source,
  type SourceListener,
  type StoredEvent,
  StreamError,
  type Subscription,
} from '@isostream/core/adapter';
import type { EntryOf, Holding } from './entry.ts';
import { type History, now } from './history.ts';
import { watching } from './pages.ts';

let newestAssignment = 0;

/** A number that is new in every process of this machine, and larger than those before: microseconds of its clock. */
function freshAssignment(): number {
  newestAssignment = Math.max(newestAssignment + 1, Math.floor(now() * 1_000));
  return newestAssignment;
}

/** By which assignment its events came to a client: by the assignment's token, or by each event's place where assignments have none. */
export type Assignments = Map<string, number>;

type Came = Pick<HandlerContext, 'topic' | 'partition' | 'position' | 'fencingToken'>;

/**
 * The assignment by which an event came, which may not be the newest of its partition: what an old assignment still hands out has to
 * be told apart. 0 for what no assignment brought.
 */
export function assignmentOf(assignments: Assignments, group: string, event: Came): number {
  return assignments.get(wayOf(group, event)) ?? 0;
}

function wayOf(group: string, { topic, partition, position, fencingToken }: Came): string {
  const way = fencingToken === undefined ? `at ${position}` : `by ${fencingToken}`;
  return [topic, group, partition, way].join('\n');
}

/** The adapter itself, with a record of what it hands over, gives, takes and commits. */
export function recordingAdapter(adapter: Adapter, history: History, held: Assignments): Adapter {
  return {
    ...adapter,
    name: adapter.name,
    capabilities: adapter.capabilities,
    admin: adapter.admin,
    createSink: (topic) => recordingSink(adapter.createSink(topic), topic, history),
    createSource: (subscription) => recordingSource(adapter.createSource(subscription), subscription, history, held),
    openRange: (range, signal) => adapter.openRange(range, signal),
    connect: (signal) => adapter.connect(signal),
    close: () => adapter.close(),
  };
}

/** A dead letter counts from the moment it is stored. */
function recordingSink(sink: Sink, topic: string, history: History): Sink {
  return passingSink(sink, {
    async write(route, batches, signal) {
      const results = await sink.write(route, batches, signal);
      for (const [index, batch] of batches.entries()) {
        const result = results[index];
        if (StreamError.is(result)) {
          if (result.outcome === 'unknown') history.record({ kind: 'doubt', topic, events: batch.events.length });
          continue;
        }
        for (const event of batch.events) recordLetter(event, history);
      }
      return results;
    },
  });
}

function recordLetter(event: EncodedEvent, history: History): void {
  const letter = openLetter({ ...event, partition: '', position: '', timestamp: 0 });
  if (letter === undefined) return;
  const { group, attempts, origin, error } = letter;
  const id = history.idAt(origin.topic, origin.partition, origin.position);
  history.record({ kind: 'dead', topic: origin.topic, group, id, attempts, code: error.code });
}

function recordingSource(
  source: Source,
  { topic, group, clientId: member }: Subscription,
  history: History,
  held: Assignments,
): Source {
  const assignments = new Map<Assignment, RecordingWatermark | RecordingIndividual>();
  const record = (kind: 'revoke' | 'lost', inner: Assignment): RecordingWatermark | RecordingIndividual | undefined => {
    const assignment = assignments.get(inner);
    assignments.delete(inner);
    if (assignment !== undefined) history.record({ kind, ...assignment.ownership });
    return assignment;
  };
  const recorder = (listener: SourceListener): SourceListener => ({
    assigned(inner) {
      const ownership = { topic, group, member, partition: inner.partition, assignment: freshAssignment() };
      const assignment =
        inner.commit === undefined
          ? new RecordingIndividual(inner, ownership, history, held)
          : new RecordingWatermark(inner, ownership, history, held);
      assignments.set(inner, assignment);
      const { fencingToken } = inner;
      history.record({ kind: 'assign', ...(fencingToken === undefined ? {} : { fencingToken }), ...ownership });
      listener.assigned(assignment);
    },
    ready: () => listener.ready?.(),
    async revoking(inner) {
      const assignment = assignments.get(inner);
      if (assignment === undefined) return;
      await listener.revoking(assignment);
      record('revoke', inner);
    },
    lost(inner, reason) {
      const assignment = record('lost', inner);
      if (assignment !== undefined) listener.lost(assignment, reason);
    },
  });
  return { run: (listener, signal) => source.run(recorder(listener), signal) };
}

class RecordingAssignment<Inner extends Assignment> implements Cursor {
  readonly ownership: Holding;
  protected readonly inner: Inner;
  protected readonly history: History;
  readonly #assignments: Assignments;

  constructor(inner: Inner, ownership: Holding, history: History, assignments: Assignments) {
    this.inner = inner;
    this.ownership = ownership;
    this.history = history;
    this.#assignments = assignments;
    if (inner.fencingToken !== undefined) this.#came('');
  }

  get partition(): string {
    return this.inner.partition;
  }

  get fencingToken(): string | undefined {
    return this.inner.fencingToken;
  }

  get isHeld(): boolean | undefined {
    return this.inner.isHeld;
  }

  async read(page: EventPage, signal: AbortSignal): Promise<void> {
    let [events, bytes] = [0, 0];
    await this.inner.read(
      watching(page, (event) => {
        events++;
        bytes += sizeOf(event);
        if (this.fencingToken === undefined) this.#came(event.position);
      }),
      signal,
    );
    if (events > 0) this.history.record({ kind: 'read', events, bytes, ...this.ownership });
  }

  #came(position: string): void {
    const { topic, group, partition, assignment } = this.ownership;
    this.#assignments.set(wayOf(group, { topic, partition, position, fencingToken: this.fencingToken }), assignment);
  }

  protected async recorded(
    since: number,
    asked: Pick<EntryOf<'commit-failed'>, 'position' | 'told'>,
    call: () => Promise<void>,
  ): Promise<void> {
    try {
      await call();
    } catch (thrown) {
      const { code } = StreamError.from(thrown, 'history');
      this.history.record({ kind: 'commit-failed', code, ...asked, ...this.ownership }, since);
      throw thrown;
    }
  }
}

class RecordingWatermark extends RecordingAssignment<WatermarkAssignment> implements WatermarkAssignment {
  async commit(upTo: Mark): Promise<void> {
    // It counts from its beginning: what a frozen process learns late may have had its effect long before.
    const since = now();
    await this.recorded(since, { position: upTo.position }, () => this.inner.commit(upTo));
    this.history.record({ kind: 'commit', position: upTo.position, ...this.ownership }, since);
  }
}

class RecordingIndividual extends RecordingAssignment<IndividualAssignment> implements IndividualAssignment {
  async settle(events: readonly StoredEvent[]): Promise<void> {
    const since = now();
    await this.recorded(since, { told: events.map(({ position }) => position) }, () => this.inner.settle(events));
    for (const { position } of events) this.history.record({ kind: 'told', position, ...this.ownership }, since);
  }

  release(events: readonly StoredEvent[]): void {
    this.inner.release?.(events);
  }
}
