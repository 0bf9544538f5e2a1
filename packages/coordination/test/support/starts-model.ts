import type { Position } from '@isostream/core/adapter';
import { type CoordinatedPartition, freshLease, isReadable, type Lease } from '../../src/lease.ts';
import { nextMissing, originOf } from '../../src/origin.ts';
import type { Beginning } from '../../src/partition-source.ts';

/** Where a group is told to start: a time is a number of events that were sent before. */
export type From = 'earliest' | 'latest' | number;
/** The decisions that are on trial. */
export interface Rules {
  readonly origin: typeof originOf;
  /** Whether a member looks at everything again where another one was faster. */
  readonly looksAgain: boolean;
  /** Whether a member decides by the leases that it has created itself meanwhile, too. */
  readonly knowsItsOwn: boolean;
}
export const rules: Rules = { origin: originOf, looksAgain: true, knowsItsOwn: true };

interface Shard {
  readonly name: string;
  readonly after: readonly string[];
  readonly isOpen: boolean;
  /** When each of its events was sent: how many had been sent before. */
  readonly events: readonly number[];
}

interface Member {
  readonly step: 'look' | 'list' | 'give' | 'read';
  readonly known: Readonly<Record<string, Lease>>;
  readonly list: readonly Shard[];
  /** Resolved, and not yet stored. */
  readonly resolved: Readonly<Record<string, Lease>>;
}

export interface State {
  readonly shards: readonly Shard[];
  readonly leases: Readonly<Record<string, Lease>>;
  readonly members: readonly Member[];
  readonly sent: number;
  /** How many had been sent when the first member came, and when the first one could read. */
  readonly cameAt: number | undefined;
  readonly readyAt: number | undefined;
  readonly delivered: readonly string[];
  readonly left: { readonly sends: number; readonly reshards: number; readonly deaths: number };
}

const newcomer: Member = { step: 'look', known: {}, list: [], resolved: {} };

export function initial(roots: number, members: number, left: State['left']): State {
  const shards = Array.from({ length: roots }, (_, index) => ({
    name: `s${index}`,
    after: [],
    isOpen: true,
    events: [0],
  }));
  const all = Array.from({ length: members }, () => newcomer);
  return { shards, leases: {}, members: all, sent: 1, cameAt: undefined, readyAt: undefined, delivered: [], left };
}

/** Everything that can happen next. */
export function* nextStates(state: State, from: From, how: Rules): Iterable<State> {
  yield* world(state);
  for (const [index, member] of state.members.entries()) {
    const replaced = (next: Member): Pick<State, 'members'> => ({ members: state.members.with(index, next) });
    for (const [change, next] of memberSteps(state, member, from, how))
      yield { ...state, ...change, ...replaced(next) };
    const { left } = state;
    if (left.deaths > 0 && member.step !== 'look')
      yield { ...state, ...replaced(newcomer), left: { ...left, deaths: left.deaths - 1 } };
  }
}

function* world(state: State): Iterable<State> {
  const { shards, left, sent } = state;
  if (left.sends > 0)
    yield {
      ...state,
      sent: sent + 1,
      shards: shards.map((shard) => (shard.isOpen ? { ...shard, events: [...shard.events, sent] } : shard)),
      left: { ...left, sends: left.sends - 1 },
    };
  if (left.reshards === 0) return;
  const open = shards.filter(({ isOpen }) => isOpen);
  const add = (parents: readonly Shard[], children: number): State => ({
    ...state,
    shards: [
      ...shards.map((shard) => (parents.includes(shard) ? { ...shard, isOpen: false } : shard)),
      ...Array.from({ length: children }, (_, index) => ({
        name: `s${shards.length + index}`,
        after: parents.map(({ name }) => name),
        isOpen: true,
        events: [],
      })),
    ],
    left: { ...left, reshards: left.reshards - 1 },
  });
  for (const [index, shard] of open.entries()) {
    yield add([shard], 2);
    const neighbour = open[index + 1];
    if (neighbour !== undefined) yield add([shard, neighbour], 1);
  }
}

function* memberSteps(
  state: State,
  member: Member,
  from: From,
  how: Rules,
): Iterable<readonly [Partial<State>, Member]> {
  if (member.step === 'look')
    yield [{ cameAt: state.cameAt ?? state.sent }, { ...newcomer, step: 'list', known: state.leases }];
  if (member.step === 'list')
    yield [{}, { ...member, step: 'give', list: state.shards.map((shard) => ({ ...shard, events: [] })) }];
  if (member.step === 'give') yield* give(state, member, from, how);
  if (member.step === 'read') yield* read(state, member);
}

/** Resolves or stores one lease of those that are due; in any order, and others may do something in between. */
function* give(state: State, member: Member, from: From, how: Rules): Iterable<readonly [Partial<State>, Member]> {
  const { known, list, resolved } = member;
  const leases = new Map(Object.entries(known));
  const due = nextMissing(list.map(partitionOf), leases);
  if (due.length === 0) yield [{ readyAt: state.readyAt ?? state.sent }, { ...newcomer, step: 'read' }];
  for (const partition of due) {
    const { partition: name } = partition;
    const lease = resolved[name];
    if (lease === undefined) {
      const seen = new Map([...leases].filter(([, { owner }]) => how.knowsItsOwn || owner !== 'itself'));
      const { position, isFinished = false } = beginning(state, list, name, from, how.origin(partition, seen));
      const fresh: Lease = { ...freshLease(partition, position), isFinished };
      yield [{}, { ...member, resolved: { ...resolved, [name]: fresh } }];
      continue;
    }
    const isFirst = state.leases[name] === undefined;
    if (!isFirst && how.looksAgain) yield [{}, newcomer];
    else
      yield [
        isFirst ? { leases: { ...state.leases, [name]: lease } } : {},
        { ...member, known: { ...known, [name]: { ...lease, owner: 'itself' } }, resolved: without(resolved, name) },
      ];
  }
}

/** What the adapter says, with a count of events in a sequence number's place. */
function beginning(
  { shards, sent }: State,
  list: readonly Shard[],
  name: string,
  from: From,
  origin: ReturnType<typeof originOf>,
): Beginning {
  if (origin.kind === 'later') return { position: 'after 0' };
  if (origin.kind === 'continues') {
    const times = origin.positions.flatMap((position) => (position.startsWith('@') ? [Number(position.slice(1))] : []));
    const areAll = times.length === origin.positions.length;
    return { position: areAll ? `@${Math.min(...times)}` : 'after 0' };
  }
  if (from === 'earliest') return { position: 'after 0' };
  if (from !== 'latest') return { position: `@${from}` };
  const listed = list.find((shard) => shard.name === name);
  if (listed?.isOpen === false && list.some(({ after }) => after.includes(name)))
    return { position: 'end', isFinished: true };
  const events = shards.find((shard) => shard.name === name)?.events.length ?? 0;
  return { position: events === 0 ? `@${sent}` : `after ${events}` };
}

/** Takes a lease, or reads a closed shard to its end: gives leases to what follows, then finishes. */
function* read(state: State, member: Member): Iterable<readonly [Partial<State>, Member]> {
  const leases = new Map(Object.entries(state.leases));
  for (const lease of leases.values()) {
    if (!isReadable(lease, leases)) continue;
    if (lease.token === 0) yield [{ leases: { ...state.leases, [lease.partition]: { ...lease, token: 1 } } }, member];
    const shard = state.shards.find(({ name }) => name === lease.partition);
    if (lease.token === 0 || shard === undefined || shard.isOpen) continue;
    const missing = state.shards.filter(({ after, name }) => after.includes(shard.name) && !leases.has(name));
    const followed = Object.fromEntries(
      missing
        .flatMap((child) => [child, ...ancestors(state.shards, child)])
        .map((one) => [one.name, leases.get(one.name) ?? freshLease(partitionOf(one), 'after 0')]),
    );
    if (missing.length > 0) yield [{ leases: { ...state.leases, ...followed } }, member];
    else
      yield [
        {
          leases: { ...state.leases, [shard.name]: { ...lease, isFinished: true } },
          delivered: [...new Set([...state.delivered, ...eventsFrom(shard, lease.position)])].toSorted(),
        },
        member,
      ];
  }
}

/** The same for states that are the same; which member is which does not matter. */
export function keyOf(state: State): string {
  const { sends, reshards, deaths } = state.left;
  return `${textOf(state)}|${state.members.map(textOfMember).toSorted().join('|')}|${sends}${reshards}${deaths}`;
}

/** A state without what members are about to do. */
export function textOf({ shards, leases, sent, cameAt, readyAt, delivered }: State): string {
  return `${shards.map(textOfShard).join()}|${textOfLeases(leases)}|${sent},${cameAt},${readyAt}|${delivered.join()}`;
}

function textOfMember({ step, known, list, resolved }: Member): string {
  return `${step}(${textOfLeases(known)})(${list.map(textOfShard).join()})(${textOfLeases(resolved)})`;
}

function textOfShard({ name, isOpen, events, after }: Shard): string {
  return `${name}${isOpen ? '' : '!'}${after.join('')}[${events.join('')}]`;
}

function textOfLeases(leases: Readonly<Record<string, Lease>>): string {
  const all = Object.values(leases).map(
    (lease) => `${lease.partition}${lease.position}${lease.token}${lease.isFinished}`,
  );
  return all.toSorted().join();
}

/** What was skipped, and what is older than where the group starts, if from now on one member does all the rest. */
export function faults(state: State, from: From): readonly string[] {
  const { cameAt = Infinity, readyAt = Infinity } = state;
  const delivered = completed(state, from);
  const all = state.shards.flatMap((shard) => eventsFrom(shard, 'after 0'));
  const since = from === 'latest' ? readyAt : from === 'earliest' ? 0 : from;
  const notBefore = from === 'latest' ? cameAt : from === 'earliest' ? 0 : from;
  return [
    ...all.filter((event) => sentAt(event) >= since && !delivered.has(event)).map((event) => `${event} is skipped`),
    ...[...delivered].filter((event) => sentAt(event) < notBefore).map((event) => `${event} is too old`),
  ];
}

function completed(state: State, from: From): ReadonlySet<string> {
  let now: State = { ...state, members: [newcomer], left: { sends: 0, reshards: 0, deaths: 0 } };
  for (;;) {
    const [next] = nextStates(now, from, rules);
    if (next === undefined) break;
    now = next;
  }
  const open = now.shards.filter(({ isOpen }) => isOpen);
  return new Set([
    ...now.delivered,
    ...open.flatMap((shard) => {
      const lease = now.leases[shard.name];
      return lease === undefined || lease.isFinished ? [] : eventsFrom(shard, lease.position);
    }),
  ]);
}

function eventsFrom({ name, events }: Shard, position: Position): string[] {
  const from = Number(position.slice(position.indexOf(' ') + 1).replace('@', ''));
  return events.flatMap((at, index) => ((position.startsWith('@') ? at : index) >= from ? [`${name}/${at}`] : []));
}

function sentAt(event: string): number {
  return Number(event.slice(event.indexOf('/') + 1));
}

function ancestors(shards: readonly Shard[], shard: Shard): Shard[] {
  const parents = shards.filter(({ name }) => shard.after.includes(name));
  return parents.flatMap((parent) => [parent, ...ancestors(shards, parent)]);
}

function partitionOf({ name, after }: Shard): CoordinatedPartition {
  return { partition: name, after };
}

function without<T>(record: Readonly<Record<string, T>>, name: string): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => key !== name));
}
