import type { Position } from '@isostream/core/adapter';
import type { Entry, EntryOf, NewEntry } from './entry.ts';

/** Everything that happened in one scenario, in order: append-only, never sorted, never de-duplicated. */
export class History {
  readonly #entries: Entry[] = [];
  readonly #ids = new Map<string, string>();

  record(entry: NewEntry): void {
    if ((entry.kind === 'sent' || entry.kind === 'deliver') && entry.partition !== undefined)
      this.#ids.set(place(entry.topic, entry.partition, entry.position), entry.id);
    this.#entries.push({ at: performance.now(), ...entry });
  }

  /** The event that lies there, by what its sender or a handler said; its place where nobody knows it. */
  idAt(topic: string, partition: string, position: Position): string {
    const where = place(topic, partition, position);
    return this.#ids.get(where) ?? where;
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  count(kind: Entry['kind']): number {
    return this.of(kind).length;
  }

  of<Kind extends Entry['kind']>(kind: Kind): EntryOf<Kind>[] {
    return ofKind(this.#entries, kind);
  }
}

function place(topic: string, partition: string, position: Position): string {
  return `${topic}/${partition}/${position}`;
}

/** The entries of one kind, in order. */
export function ofKind<Kind extends Entry['kind']>(entries: readonly Entry[], kind: Kind): EntryOf<Kind>[] {
  return entries.filter((entry): entry is EntryOf<Kind> => entry.kind === kind);
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
