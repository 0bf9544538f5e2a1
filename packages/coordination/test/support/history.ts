import type { CoordinatedPartition, Lease } from '../../src/lease.ts';

interface Of {
  readonly member: string;
  readonly partition: string;
  readonly token: number;
}

/** What happened in a simulation, in order. Positions are the number of the next event. */
export type Entry =
  | ({ readonly kind: 'assigned'; readonly position: number } & Of)
  | ({ readonly kind: 'handled'; readonly event: number } & Of)
  | ({ readonly kind: 'committed'; readonly position: number } & Of)
  | ({ readonly kind: 'gone' } & Of)
  | { readonly kind: 'written'; readonly before: Lease; readonly next: Lease };

/** Assignments of one partition whose token is not higher than that of the one before. */
export function tokensThatDidNotGrow(history: readonly Entry[]): string[] {
  const highest = new Map<string, number>();
  return history.flatMap((entry) => {
    if (entry.kind !== 'assigned') return [];
    const last = highest.get(entry.partition) ?? 0;
    highest.set(entry.partition, Math.max(last, entry.token));
    return entry.token > last ? [] : [`${entry.member} got ${entry.partition} with token ${entry.token} after ${last}`];
  });
}

/** Writes that took effect although another assignment had begun, and positions that went back. */
export function lateWrites(history: readonly Entry[]): string[] {
  return history.flatMap((entry) => {
    if (entry.kind !== 'written') return [];
    const { before, next } = entry;
    const what = `${next.partition}: ${describe(before)} became ${describe(next)}`;
    const isTake = next.token === next.counter && next.position === before.position;
    const found: string[] = [];
    if (next.counter !== before.counter + 1) found.push(`${what}, over a write in between`);
    if (!isTake && next.token !== before.token) found.push(`${what}, by a former owner`);
    if (Number(next.position) < Number(before.position)) found.push(`${what}, backwards`);
    return found;
  });
}

function describe({ owner, token, counter, position }: Lease): string {
  return `${owner ?? 'nobody'}/${token} at ${position} (${counter})`;
}

/** Commits that an owner took for done and that were not. */
export function falseAnswers(history: readonly Entry[]): string[] {
  const stored = new Set<string>();
  return history.flatMap((entry) => {
    if (entry.kind === 'written') stored.add(`${entry.next.partition}/${entry.next.token}/${entry.next.position}`);
    if (entry.kind !== 'committed') return [];
    const id = `${entry.partition}/${entry.token}/${entry.position}`;
    return stored.has(id) ? [] : [`${id} was not stored, but ${entry.member} was told so`];
  });
}

/** Events that the group's position passed before anybody handled them, and assignments that left some out. */
export function lostEvents(history: readonly Entry[]): string[] {
  const handled = new Set<string>();
  const next = new Map<string, number>();
  return history.flatMap((entry) => {
    if (entry.kind === 'assigned') next.set(`${entry.partition}/${entry.token}`, entry.position);
    if (entry.kind === 'handled') {
      const { partition, token, event, member } = entry;
      const expected = next.get(`${partition}/${token}`);
      handled.add(`${partition}/${event}`);
      next.set(`${partition}/${token}`, event + 1);
      return expected === event ? [] : [`${member} handled ${partition}/${event} instead of ${expected}`];
    }
    if (entry.kind !== 'written') return [];
    const { partition, position } = entry.next;
    return range(Number(position))
      .filter((event) => !handled.has(`${partition}/${event}`))
      .map((event) => `${partition} is at ${position}, but ${event} was not handled`);
  });
}

/** Events that were handled more than once. */
export function repeats(history: readonly Entry[]): string[] {
  const seen = new Set<string>();
  return history.flatMap((entry) => {
    if (entry.kind !== 'handled') return [];
    const id = `${entry.partition}/${entry.event}`;
    if (seen.has(id)) return [`${id} again by ${entry.member}`];
    seen.add(id);
    return [];
  });
}

/** Events of a partition that were handled before the last one of a partition that it continues. */
export function earlyContinuations(partitions: readonly CoordinatedPartition[], history: readonly Entry[]): string[] {
  const handled = history.flatMap((entry) => (entry.kind === 'handled' ? [entry.partition] : []));
  return partitions.flatMap(({ partition, after = [] }) =>
    after
      .filter((before) => handled.includes(partition) && handled.indexOf(partition) < handled.lastIndexOf(before))
      .map((before) => `${partition} began before the end of ${before}`),
  );
}

/** Assignments that began while the one before had not ended by itself: allowed after faults, never without. */
export function overlaps(history: readonly Entry[]): string[] {
  const held = new Map<string, string>();
  return history.flatMap((entry) => {
    if (entry.kind === 'gone' && held.get(entry.partition) === entry.member) held.delete(entry.partition);
    if (entry.kind !== 'assigned') return [];
    const other = held.get(entry.partition);
    held.set(entry.partition, entry.member);
    return other === undefined ? [] : [`${entry.member} got ${entry.partition} from ${other}`];
  });
}

/** Partitions that are not in the hands of exactly one member, and members that hold two more than another. */
export function imbalance(partitions: readonly string[], members: ReadonlyMap<string, readonly string[]>): string[] {
  const owners = partitions.map((partition) => ({
    partition,
    names: [...members].filter(([, held]) => held.includes(partition)).map(([name]) => name),
  }));
  const sizes = [...members.values()].map((held) => held.length);
  const shares = [...members].map(([name, held]) => `${name}: ${held.length}`).join(', ');
  return [
    ...owners
      .filter(({ names }) => names.length !== 1)
      .map(({ partition, names }) => `${partition}: [${names.join()}]`),
    ...(Math.max(...sizes) - Math.min(...sizes) > 1 ? [`unfair: ${shares}`] : []),
  ];
}

function range(end: number): number[] {
  return Array.from({ length: end }, (_, index) => index);
}
