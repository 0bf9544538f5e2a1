import {
  EventBacklog,
  type EventPage,
  keyFromBytes,
  type Mark,
  pause,
  type RangeCursor,
  retrying,
  type StoredEvent,
  Warnings,
  type WatermarkAssignment,
} from '@isostream/core/adapter';
import type { HeldLease } from '@isostream/coordination';
import { asked } from './errors.js';
import type { Service, StoredRecord } from './service.js';

const eventsPerFetch = 500;
/** How often a partition that brings nothing is asked. */
const idleMs = 20;

/** A partition of one topic, by the topic's id: one that is created again under the name is another one. */
export interface Place {
  readonly service: Service;
  readonly topic: string;
  readonly partition: string;
}

/** Reads a partition in stored order, from an offset up to one that is fixed, or for ever. */
export class PartitionCursor implements RangeCursor {
  readonly partition: string;
  readonly #place: Place;
  readonly #until: number;
  readonly #backlog = new EventBacklog();
  readonly #warnings = new Warnings('example');
  #next: number;

  constructor(place: Place, next: number, until = Infinity) {
    this.partition = place.partition;
    this.#place = place;
    this.#next = next;
    this.#until = until;
  }

  async read(page: EventPage, signal: AbortSignal): Promise<void> {
    if (this.#backlog.isEmpty && this.#next < this.#until) await this.#fetch(signal);
    if (signal.aborted) return;
    this.#backlog.handTo(page);
    if (this.#backlog.isEmpty && this.#next >= this.#until) page.end();
  }

  /** Retries what passes; resolves with nothing after a while. */
  async #fetch(signal: AbortSignal): Promise<void> {
    const { service, topic, partition } = this.#place;
    const what = `partition ${partition}`;
    const ask = (): Promise<{ readonly start: number; readonly records: readonly StoredRecord[] }> =>
      asked(what, () => service.fetch(topic, Number(partition), this.#next, eventsPerFetch));
    const fetched = await retrying(ask, { what, where: 'example', warnings: this.#warnings, signal });
    if (fetched === undefined) return;
    const { start, records } = fetched;
    if (start > this.#next) {
      this.#backlog.gap({ from: String(this.#next), to: String(start), missing: start - this.#next });
      this.#next = start;
    }
    const wanted = records.filter(({ offset }) => offset < this.#until);
    this.#backlog.add(wanted.map((record) => toEvent(partition, record)));
    this.#next += wanted.length;
    if (records.length === 0) await pause(idleMs, signal);
  }
}

/** A partition that this member holds: the position is in its lease. */
export class ExampleAssignment implements WatermarkAssignment {
  readonly partition: string;
  readonly fencingToken: string;
  readonly #held: HeldLease;
  readonly #cursor: PartitionCursor;

  constructor(place: Place, held: HeldLease) {
    this.partition = held.partition;
    this.fencingToken = String(held.token);
    this.#held = held;
    this.#cursor = new PartitionCursor(place, Number(held.position));
  }

  get isHeld(): boolean {
    return this.#held.isHeld;
  }

  read(page: EventPage, signal: AbortSignal): Promise<void> {
    return this.#cursor.read(page, signal);
  }

  commit({ position }: Mark): Promise<void> {
    return this.#held.commit(String(Number(position) + 1));
  }
}

function toEvent(partition: string, record: StoredRecord): StoredEvent {
  const { key, value, headers, offset, storedMs } = record;
  return {
    partition,
    position: String(offset),
    timestamp: storedMs,
    key: key === null ? null : keyFromBytes(key),
    value,
    headers,
    native: record,
  };
}
