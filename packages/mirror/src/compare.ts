import type { Sighting } from './sides.ts';

/** What both sides hold. */
export interface MirrorComparison {
  /** Events of the side that is copied from, without copies that the mirror passes over and that are no longer on the other side. */
  readonly events: number;
  readonly copied: number;
  /** Not copied yet: nothing later of their keys is, either. */
  readonly behind: number;
  /** Not copied, though a later event of the key is. */
  readonly lost: number;
  /** Stored on the other side after a later event of the key. */
  readonly reordered: number;
  /** Copies of events that had been copied before. */
  readonly repeated: number;
  /** Copies with another key, payload or header. */
  readonly changed: number;
  /** Some of what was lost, reordered or changed, each with its place on the side that is copied from. */
  readonly examples: readonly string[];
}

/**
 * Judges what was copied, each key by itself. Repeats are allowed where every event came first after those before it: whoever reads
 * a suffix again sees the same order. What the mirror passes over, because it came from there, may be gone there by now.
 */
export function compare(
  from: readonly Sighting[],
  to: readonly Sighting[],
  isMeant: (sighting: Sighting) => boolean,
): MirrorComparison {
  const counts = { copied: 0, behind: 0, lost: 0, reordered: 0, repeated: 0, changed: 0 };
  const examples: string[] = [];
  let events = 0;
  const known = new Set(from.flatMap(({ identity, place }) => [identity, place]));
  const first = new Map<string, { readonly at: number; readonly content: string }>();
  for (const [at, { identity, content }] of to.entries()) {
    if (!known.has(identity)) continue;
    if (first.has(identity)) counts.repeated++;
    else first.set(identity, { at, content });
  }
  const note = (kind: 'lost' | 'reordered' | 'changed', identity: string): void => {
    counts[kind]++;
    if (examples.length < 20) examples.push(`${kind}: ${identity.replace(/^from:/, '')}`);
  };
  // The copy of a copy names the place of that, and not where it came from at first.
  const copyOf = ({ identity, place }: Sighting): { readonly at: number; readonly content: string } | undefined =>
    first.get(place) ?? first.get(identity);
  for (const { key, sightings } of byKey(from)) {
    const last = sightings.findLastIndex((each) => copyOf(each) !== undefined);
    let newest = -1;
    for (const [index, sighting] of sightings.entries()) {
      const { place, content } = sighting;
      const copy = copyOf(sighting);
      if (copy === undefined && !isMeant(sighting)) continue;
      events++;
      if (copy === undefined) {
        if (index < last && key !== undefined) note('lost', place);
        else counts.behind++;
        continue;
      }
      counts.copied++;
      if (copy.content !== content) note('changed', place);
      if (key === undefined) continue;
      if (copy.at < newest) note('reordered', place);
      newest = Math.max(newest, copy.at);
    }
  }
  return { events, ...counts, examples };
}

function byKey(sightings: readonly Sighting[]): { key: string | undefined; sightings: Sighting[] }[] {
  const groups = new Map<string | undefined, Sighting[]>();
  for (const sighting of sightings) {
    const group = groups.get(sighting.key);
    if (group === undefined) groups.set(sighting.key, [sighting]);
    else group.push(sighting);
  }
  return [...groups].map(([key, group]) => ({ key, sightings: group }));
}
