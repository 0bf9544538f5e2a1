import type {
  Adapter,
  Admin,
  EncodedEvent,
  Lane,
  LaneBatch,
  BatchResult,
  Sink,
  Source,
  SourceListener,
  Start,
  StoredEvent,
  Subscription,
} from '@isostream/core/adapter';

/** The adapter with other lanes: `distort` gets each lane at its assignment. */
export function withLanes(adapter: Adapter, distort: (lane: Lane, subscription: Subscription) => Lane): Adapter {
  return {
    ...adapter,
    createSource: (subscription) =>
      laneSource(adapter.createSource(subscription), (lane) => distort(lane, subscription)),
  };
}

/** The adapter with other lanes of bounded reads. */
export function withRangeLanes(adapter: Adapter, distort: (lane: Lane) => Lane): Adapter {
  return { ...adapter, createReader: (range) => laneSource(adapter.createReader(range), distort) };
}

/** The adapter that tells its listener something else. */
export function withListener(
  adapter: Adapter,
  distort: (listener: SourceListener) => Partial<SourceListener>,
): Adapter {
  const distorted = (listener: SourceListener): SourceListener => ({
    assigned: (lane) => listener.assigned(lane),
    ready: () => listener.ready?.(),
    revoking: (lane) => listener.revoking(lane),
    lost: (lane, reason) => listener.lost(lane, reason),
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

function laneSource(source: Source, distort: (lane: Lane) => Lane): Source {
  const lanes = new Map<Lane, Lane>();
  const distorted = (listener: SourceListener): SourceListener => ({
    assigned(lane) {
      const outer = distort(lane);
      lanes.set(lane, outer);
      listener.assigned(outer);
    },
    ready: () => listener.ready?.(),
    revoking: (lane) => listener.revoking(lanes.get(lane) ?? lane),
    lost: (lane, reason) => listener.lost(lanes.get(lane) ?? lane, reason),
  });
  return { run: (listener, signal) => source.run(distorted(listener), signal) };
}

/** The lane itself, but for what is given. */
export function laneWith(
  lane: Lane,
  changes: Partial<Pick<Lane, 'fencingToken' | 'read' | 'commit' | 'settle'>>,
): Lane {
  return {
    partition: lane.partition,
    fencingToken: lane.fencingToken,
    get isHeld() {
      return lane.isHeld;
    },
    read: (room, signal) => lane.read(room, signal),
    commit: (upTo) => lane.commit(upTo),
    settle: (events) => lane.settle(events),
    release: (events) => lane.release?.(events),
    ...changes,
  };
}

/** Nobody is given these events any more: where they are settled one by one they would come again. */
export async function forget(lane: Lane, events: readonly StoredEvent[]): Promise<void> {
  await lane.settle(events).catch(() => undefined);
}

/** A lane whose every page comes out in another order. */
export function rearranged(lane: Lane, rearrange: (events: readonly StoredEvent[]) => StoredEvent[]): Lane {
  return laneWith(lane, {
    async read(room, signal) {
      const result = await lane.read(room, signal);
      return result === 'end' || 'gap' in result ? result : rearrange(result);
    },
  });
}

/** The adapter whose groups and replays start elsewhere. */
export function withStarts(adapter: Adapter, change: (start: Start) => Start): Adapter {
  return {
    ...adapter,
    createSource: (subscription) => adapter.createSource({ ...subscription, from: change(subscription.from) }),
    createReader(range) {
      const { from } = range;
      const isStart = typeof from === 'string' || from instanceof Date;
      return adapter.createReader({ ...range, from: isStart ? change(from) : from });
    },
  };
}

/** The adapter with another sink. */
export function withSink(adapter: Adapter, distort: (sink: Sink, topic: string) => Partial<Sink>): Adapter {
  return {
    ...adapter,
    createSink(topic) {
      const sink = adapter.createSink(topic);
      const outer: Sink = {
        limits: sink.limits,
        get maxEventBytes() {
          return sink.maxEventBytes;
        },
        get keepsStoredTime() {
          return sink.keepsStoredTime ?? true;
        },
        open: (signal) => sink.open(signal),
        lane: (event) => sink.lane(event),
        route: (lane) => sink.route(lane),
        write: (route, batches, signal) => sink.write(route, batches, signal),
        abandon: (batch) => sink.abandon(batch),
        close: () => sink.close(),
      };
      // Object.assign would read the getter once; these few are never getters.
      return Object.defineProperties(outer, Object.getOwnPropertyDescriptors(distort(sink, topic)));
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

/** The adapter with another administration. */
export function withAdmin(adapter: Adapter, distort: (admin: Admin) => Partial<Admin>): Adapter {
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
      lag: (topic, group, signal) => admin.lag(topic, group, signal),
      wrongPositions: (topic, positions, signal) => admin.wrongPositions(topic, positions, signal),
      resetGroup: (topic, group, to, signal) => admin.resetGroup(topic, group, to, signal),
      deleteGroup: (topic, group, signal) => admin.deleteGroup(topic, group, signal),
      ...distort(admin),
    },
  };
}
