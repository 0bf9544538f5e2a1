import {
  pause,
  type Assignment,
  type Range,
  type ReadResult,
  type Room,
  type Source,
  type SourceListener,
  untilAborted,
} from '@isostream/core/adapter';
import { Cluster } from '../cluster.ts';
import { toStreamError } from '../errors.ts';
import type { KafkaSettings } from '../options.ts';
import type { Wire } from '../wire/wire.ts';
import { Cursor } from './cursor.ts';
import { Fetcher } from './fetcher.ts';
import { KafkaAssignment } from './assignment.ts';
import { latest, offsetsAt, startOffsets } from './positions.ts';
import { findTopic, withWires } from './source.ts';

/** A bounded read without a group. */
export class KafkaReader implements Source {
  readonly #createWire: () => Wire;
  readonly #range: Range;
  readonly #settings: KafkaSettings;

  constructor(createWire: () => Wire, range: Range, settings: KafkaSettings) {
    this.#createWire = createWire;
    this.#range = range;
    this.#settings = settings;
  }

  async run(listener: SourceListener, signal: AbortSignal): Promise<void> {
    await withWires(this.#createWire, async (wires) => {
      const { topic } = this.#range;
      const cluster = new Cluster(wires.data);
      if (!(await findTopic(cluster, topic, wires, signal))) return;
      const fetcher = new Fetcher(cluster, topic, this.#settings, wires);
      const assignments = (await this.#untilFound(cluster, signal)).map(
        (cursor) => new RangeAssignment(cursor, fetcher),
      );
      for (const assignment of assignments) listener.assigned(assignment);
      const ended = Promise.all(assignments.map((assignment) => assignment.ended));
      // It rejects only with the abort, which is looked at below.
      await untilAborted(ended, signal).catch(() => undefined);
      if (signal.aborted) await Promise.all(assignments.map((assignment) => listener.revoking(assignment)));
      fetcher.stop();
    });
  }

  /** The range's bounds; again while leaders move. Nothing once aborted. */
  async #untilFound(cluster: Cluster, signal: AbortSignal): Promise<Cursor[]> {
    while (!signal.aborted) {
      try {
        return await this.#cursors(cluster);
      } catch (thrown) {
        const error = toStreamError(thrown, `topic "${this.#range.topic}"`);
        if (!error.retryable) throw error;
        await pause(100, signal);
        await cluster.refresh(this.#range.topic).catch(() => undefined);
      }
    }
    return [];
  }

  async #cursors(cluster: Cluster): Promise<Cursor[]> {
    const { topic, from, to } = this.#range;
    const all = (cluster.known(topic)?.partitions ?? []).map(({ id }) => id);
    const isMap = !(typeof from === 'string' || from instanceof Date);
    const partitions = isMap ? all.filter((partition) => from.has(String(partition))) : all;
    const ends = await offsetsAt(cluster, topic, partitions, latest);
    const starts = isMap ? undefined : await startOffsets(cluster, topic, partitions, from);
    const before = to === 'now' ? Infinity : to.getTime();
    return partitions.map((partition) => {
      const start = isMap ? BigInt(from.get(String(partition)) ?? 0) : (starts?.get(partition) ?? 0n);
      return new Cursor(partition, start, ends.get(partition) ?? 0n, before);
    });
  }
}

/** An assignment that tells when its end was read. */
class RangeAssignment implements Assignment {
  readonly partition: string;
  readonly fencingToken = undefined;
  readonly ended: Promise<void>;
  readonly #inner: KafkaAssignment;
  #end: () => void = () => undefined;

  constructor(cursor: Cursor, fetcher: Fetcher) {
    this.#inner = new KafkaAssignment({
      cursor,
      fetcher,
      fencingToken: undefined,
      isHeld: () => true,
      commit: async () => undefined,
    });
    this.partition = this.#inner.partition;
    this.ended = new Promise((resolve) => (this.#end = resolve));
    fetcher.add(cursor);
  }

  async read(room: Room, signal: AbortSignal): Promise<ReadResult> {
    const result = await this.#inner.read(room, signal);
    if (result === 'end') this.#end();
    return result;
  }

  async commit(): Promise<void> {}

  settle(): Promise<void> {
    return this.#inner.settle();
  }
}
