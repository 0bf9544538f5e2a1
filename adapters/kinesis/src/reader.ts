import type { Shard } from '@aws-sdk/client-kinesis';
import {
  type Assignment,
  type Position,
  type Range,
  type ReadResult,
  retrying,
  type Room,
  type Source,
  type SourceListener,
  StreamError,
  untilAborted,
  Warnings,
} from '@isostream/core/adapter';
import { isOpen } from './hash-range.ts';
import { end, oldest, parsePlace, type Place } from './position.ts';
import { endless } from './consume/patience.ts';
import type { ConsumeParts } from './consume/parts.ts';
import { ShardCursor } from './consume/shard-cursor.ts';
import { inOrder, nameOf, parentsOf } from './consume/shards.ts';
import { endOf, startOf } from './consume/starts.ts';
import { KinesisStream } from './consume/stream.ts';

interface Bounds {
  readonly shard: Shard;
  readonly start: Place;
  readonly until: Place;
}

/** A bounded read without a group: every shard, each after what it was split or merged from. */
export class KinesisReader implements Source {
  readonly #parts: ConsumeParts;
  readonly #range: Range;
  readonly #stream: KinesisStream;

  constructor(parts: ConsumeParts, range: Range) {
    this.#parts = parts;
    this.#range = range;
    this.#stream = new KinesisStream(range.topic, parts);
  }

  async run(listener: SourceListener, signal: AbortSignal): Promise<void> {
    const what = `replay of topic "${this.#range.topic}"`;
    const warnings = new Warnings('kinesis');
    const all = await retrying(() => this.#bounds(signal), { what, where: 'kinesis', warnings, signal });
    if (all === undefined) return;
    const ended = new Map<string, Promise<void>>();
    const open: Assignment[] = [];
    const assignments = all.map(async (bounds) => {
      const before = parentsOf(bounds.shard).map((parent) => ended.get(parent) ?? Promise.resolve());
      const assignment = this.#assignment(bounds);
      ended.set(nameOf(bounds.shard), assignment.ended);
      await Promise.all(before);
      if (signal.aborted) return;
      open.push(assignment);
      listener.assigned(assignment);
      await assignment.ended;
    });
    // It rejects only with the abort, which is looked at below.
    await untilAborted(Promise.all(assignments), signal).catch(() => undefined);
    if (signal.aborted) await Promise.all(open.map((assignment) => listener.revoking(assignment)));
  }

  /** Where each shard's part of the range begins and ends, as it is now: parents before children. */
  async #bounds(signal: AbortSignal): Promise<readonly Bounds[]> {
    const { from } = this.#range;
    const { clock } = this.#parts;
    const shards = inOrder(await this.#stream.shards(signal));
    const look = { stream: this.#stream, shards, clock, patience: endless(signal) };
    const chosen = typeof from === 'string' || from instanceof Date ? undefined : withChildren(shards, from);
    return Promise.all(
      shards
        .filter((shard) => chosen?.has(nameOf(shard)) !== false)
        .map(async (shard) => {
          const until = isOpen(shard) ? await endOf(look, shard) : end;
          const start =
            typeof from === 'string' || from instanceof Date
              ? await startOf(look, shard, from)
              : (chosen?.get(nameOf(shard)) ?? oldest);
          return { shard, start, until };
        }),
    );
  }

  #assignment({ shard, start, until }: Bounds): RangeAssignment {
    const { clock, settings } = this.#parts;
    const { to } = this.#range;
    const before = to === 'now' ? Infinity : to.getTime();
    return new RangeAssignment(
      new ShardCursor({ stream: this.#stream, shard: nameOf(shard), start, until, before, clock, settings }),
    );
  }
}

/** The shards that positions name, and whatever was split or merged from them since: that comes from its beginning. */
function withChildren(shards: readonly Shard[], from: ReadonlyMap<string, Position>): ReadonlyMap<string, Place> {
  const chosen = new Map<string, Place>();
  for (const shard of shards) {
    const position = from.get(nameOf(shard));
    if (position !== undefined) chosen.set(nameOf(shard), parsePlace(position));
    // A shard that is named may be gone, and what was made of it still there.
    else if (parentsOf(shard).some((parent) => chosen.has(parent) || from.has(parent)))
      chosen.set(nameOf(shard), oldest);
  }
  return chosen;
}

/** An assignment that tells when its end was read. */
class RangeAssignment implements Assignment {
  readonly partition: string;
  readonly fencingToken = undefined;
  readonly ended: Promise<void>;
  readonly #cursor: ShardCursor;
  #end: () => void = () => undefined;

  constructor(cursor: ShardCursor) {
    this.partition = cursor.shard;
    this.#cursor = cursor;
    this.ended = new Promise((resolve) => (this.#end = resolve));
  }

  async read(room: Room, signal: AbortSignal): Promise<ReadResult> {
    await this.#cursor.fill(signal);
    if (signal.aborted) return [];
    const result = this.#cursor.take(room);
    if (result === 'end') this.#end();
    return result;
  }

  async commit(): Promise<void> {}

  async settle(): Promise<void> {
    throw new StreamError('internal', 'a range settles nothing', { where: 'kinesis' });
  }
}
