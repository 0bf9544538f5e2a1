import {
  type Adapter,
  type EncodedEvent,
  type Lane,
  type Mark,
  openLetter,
  type ReadResult,
  type Room,
  type Sink,
  sizeOf,
  type Source,
  type SourceListener,
  type StoredEvent,
  StreamError,
  type Subscription,
} from '@isostream/core/adapter';
import type { Ownership } from './entry.ts';
import { type History, now } from './history.ts';

let newestLease = 0;

/** A number that is new in every process of this machine, and larger than those before: microseconds of its clock. */
function freshLease(): number {
  newestLease = Math.max(newestLease + 1, Math.floor(now() * 1_000));
  return newestLease;
}

/** Which lease a member holds on a partition now. */
export type Leases = Map<string, number>;

export function leaseName(member: string, topic: string, partition: string): string {
  return `${member}\n${topic}\n${partition}`;
}

/** The adapter itself, with a record of what it hands over, gives, takes and commits. */
export function recordingAdapter(adapter: Adapter, history: History, held: Leases): Adapter {
  return {
    ...adapter,
    name: adapter.name,
    capabilities: adapter.capabilities,
    admin: adapter.admin,
    createSink: (topic) => recordingSink(adapter.createSink(topic), topic, history),
    createSource: (subscription) => recordingSource(adapter.createSource(subscription), subscription, history, held),
    createReader: (range) => adapter.createReader(range),
    connect: (signal) => adapter.connect(signal),
    close: () => adapter.close(),
  };
}

/** A dead letter counts from the moment it is stored. */
function recordingSink(sink: Sink, topic: string, history: History): Sink {
  return {
    limits: sink.limits,
    get maxEventBytes() {
      return sink.maxEventBytes;
    },
    open: (signal) => sink.open(signal),
    lane: (event) => sink.lane(event),
    route: (lane) => sink.route(lane),
    abandon: (batch) => sink.abandon(batch),
    close: () => sink.close(),
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
  };
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
  held: Leases,
): Source {
  const lanes = new Map<Lane, RecordingLane>();
  const record = (kind: 'revoke' | 'lost', inner: Lane): RecordingLane | undefined => {
    const lane = lanes.get(inner);
    lanes.delete(inner);
    if (lane !== undefined) history.record({ kind, ...lane.ownership });
    return lane;
  };
  const recorder = (listener: SourceListener): SourceListener => ({
    assigned(inner) {
      const ownership = { topic, group, member, partition: inner.partition, lease: freshLease() };
      const lane = new RecordingLane(inner, ownership, history);
      lanes.set(inner, lane);
      held.set(leaseName(member, topic, inner.partition), ownership.lease);
      history.record({ kind: 'assign', ...ownership });
      listener.assigned(lane);
    },
    async revoking(inner) {
      const lane = lanes.get(inner);
      if (lane === undefined) return;
      await listener.revoking(lane);
      record('revoke', inner);
    },
    lost(inner, reason) {
      const lane = record('lost', inner);
      if (lane !== undefined) listener.lost(lane, reason);
    },
  });
  return { run: (listener, signal) => source.run(recorder(listener), signal) };
}

class RecordingLane implements Lane {
  readonly ownership: Ownership;
  readonly #inner: Lane;
  readonly #history: History;

  constructor(inner: Lane, ownership: Ownership, history: History) {
    this.#inner = inner;
    this.ownership = ownership;
    this.#history = history;
  }

  get partition(): string {
    return this.#inner.partition;
  }

  get fencingToken(): string | undefined {
    return this.#inner.fencingToken;
  }

  get isHeld(): boolean | undefined {
    return this.#inner.isHeld;
  }

  async read(room: Room, signal: AbortSignal): Promise<ReadResult> {
    const result = await this.#inner.read(room, signal);
    if (result !== 'end' && !('gap' in result) && result.length > 0) {
      const bytes = result.reduce((sum, event) => sum + sizeOf(event), 0);
      this.#history.record({ kind: 'read', events: result.length, bytes, ...this.ownership });
    }
    return result;
  }

  async commit(upTo: Mark): Promise<void> {
    // It counts from its beginning: what a frozen process learns late may have had its effect long before.
    const since = now();
    await this.#recorded(() => this.#inner.commit(upTo));
    this.#history.record({ kind: 'commit', position: upTo.position, ...this.ownership }, since);
  }

  async settle(events: readonly StoredEvent[]): Promise<void> {
    const since = now();
    await this.#recorded(() => this.#inner.settle(events));
    for (const { position } of events) this.#history.record({ kind: 'told', position, ...this.ownership }, since);
  }

  release(events: readonly StoredEvent[]): void {
    this.#inner.release?.(events);
  }

  async #recorded(call: () => Promise<void>): Promise<void> {
    try {
      await call();
    } catch (thrown) {
      this.#history.record({
        kind: 'commit-failed',
        code: StreamError.from(thrown, 'history').code,
        ...this.ownership,
      });
      throw thrown;
    }
  }
}
