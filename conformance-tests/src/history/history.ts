import type { Position } from '@isostream/core/adapter';
import type { Entry, EntryOf, NewEntry } from './entry.ts';

/**
 * Everything that happened in one scenario: append-only, never de-duplicated.
 * Entries of other processes are placed by the machine's clock, which all of them share; those of one process never
 * change their order.
 */
export class History {
  readonly #tell: ((entry: Entry) => void) | undefined;
  /** In the order in which they became known here. */
  readonly arrivals: Entry[] = [];
  readonly #ids = new Map<string, string>();
  readonly #counts = new Map<Entry['kind'], number>();
  #ordered: readonly Entry[] | undefined;
  #isOrdered = true;

  /** `tell` gets every entry as it is recorded. */
  constructor(tell?: (entry: Entry) => void) {
    this.#tell = tell;
  }

  /** `since`: when it began, for what is known only afterwards. */
  record(entry: NewEntry, since: number = now()): void {
    const stamped: Entry = { at: since, ...entry };
    this.#add(stamped);
    this.#tell?.(stamped);
  }

  /** An entry that another process recorded. */
  receive(entry: Entry): void {
    if (entry.kind !== 'dead') return this.#add(entry);
    // The other process knows only the place of an event that it never handled.
    const known = this.#ids.get(entry.id);
    this.#add(known === undefined ? entry : { ...entry, id: known });
  }

  #add(entry: Entry): void {
    if (
      (entry.kind === 'sent' || entry.kind === 'deliver') &&
      entry.partition !== undefined &&
      entry.position !== undefined
    )
      this.#ids.set(place(entry.topic, entry.partition, entry.position), entry.id);
    if (entry.at < (this.arrivals.at(-1)?.at ?? 0)) this.#isOrdered = false;
    this.arrivals.push(entry);
    this.#counts.set(entry.kind, this.count(entry.kind) + 1);
    this.#ordered = undefined;
  }

  /** The event that lies there, by what its sender or a handler said; its place where nobody knows it. */
  idAt(topic: string, partition: string, position: Position): string {
    const where = place(topic, partition, position);
    return this.#ids.get(where) ?? where;
  }

  /** In the order in which they happened. */
  get entries(): readonly Entry[] {
    if (this.#isOrdered) return this.arrivals;
    this.#ordered ??= this.arrivals.toSorted((a, b) => a.at - b.at);
    return this.#ordered;
  }

  count(kind: Entry['kind']): number {
    return this.#counts.get(kind) ?? 0;
  }

  of<Kind extends Entry['kind']>(kind: Kind): EntryOf<Kind>[] {
    return ofKind(this.entries, kind);
  }
}

/** Milliseconds by the clock that all processes of this machine share. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

function place(topic: string, partition: string, position: Position): string {
  return `${topic}/${partition}/${position}`;
}

/** The entries of one kind, in order. */
export function ofKind<Kind extends Entry['kind']>(entries: readonly Entry[], kind: Kind): EntryOf<Kind>[] {
  return entries.filter((entry): entry is EntryOf<Kind> => entry.kind === kind);
}

/** Nothing more is done with the event: its handler returned, or its letter is written. */
export function isSettled(entry: Entry): entry is EntryOf<'dead' | 'settle'> {
  return entry.kind === 'dead' || (entry.kind === 'settle' && entry.result === 'ok');
}

/** What one group saw of one topic, with everything that is not about a group. */
export function ofGroup(entries: readonly Entry[], topic: string, group: string): Entry[] {
  return entries.filter(
    (entry) => (!('topic' in entry) || entry.topic === topic) && (!('group' in entry) || entry.group === group),
  );
}

/** The entries of each group on each topic, as {@link ofGroup} has them. */
export function byGroup(entries: readonly Entry[]): readonly (readonly Entry[])[] {
  const groups = new Map<string, readonly [topic: string, group: string]>();
  for (const entry of entries)
    if ('group' in entry) groups.set(`${entry.topic}\n${entry.group}`, [entry.topic, entry.group]);
  return [...groups.values()].map(([topic, group]) => ofGroup(entries, topic, group));
}
