import { freshLease, type Lease, standingOf, takenBy } from '../../src/lease.ts';

/** What is on trial: how an owner judges what it finds, and on what a write is conditioned. */
export interface Rules {
  readonly standing: typeof standingOf;
  readonly isConditional: boolean;
  /** Whether a member lets go only after its handler has returned and its place is stored. */
  readonly drains: boolean;
}
export const rules: Rules = { standing: standingOf, isConditional: true, drains: true };

interface Holding {
  /** As this member wrote it last, as far as it knows. */
  readonly written: Lease;
  /** Events before this were handled in this assignment, or before it. */
  readonly handled: number;
  readonly isHandling: boolean;
  readonly isDraining: boolean;
}

interface Member {
  readonly name: string;
  readonly state: 'runs' | 'frozen' | 'crashed';
  /** Frozen for so long that its lease has run out; it is the first to know. */
  readonly isOver: boolean;
  /** What it saw of the lease when it last looked, and has not acted upon. */
  readonly seen: Lease | undefined;
  readonly holding: Holding | undefined;
}

/** A write on its way: it may arrive at any time, or never, whatever has become of its sender. */
interface Write {
  readonly by: string;
  readonly next: Lease;
  readonly counter: number;
}

export interface State {
  readonly lease: Lease;
  readonly members: readonly Member[];
  readonly writes: readonly Write[];
  readonly left: { readonly faults: number; readonly asks: number };
  readonly wasHandled: readonly number[];
  readonly tokens: readonly number[];
  readonly wrong: readonly string[];
  readonly hadFaults: boolean;
}

const events = 2;

export function initial(count: number, faults: number, asks: number): State {
  const members = ['a', 'b', 'c'].slice(0, count).map((name): Member => ({
    name,
    state: 'runs',
    isOver: false,
    seen: undefined,
    holding: undefined,
  }));
  const lease = freshLease({ partition: 'p' }, '0');
  return {
    lease,
    members,
    writes: [],
    left: { faults, asks },
    wasHandled: [],
    tokens: [],
    wrong: [],
    hadFaults: false,
  };
}

export function* nextStates(state: State, how: Rules): Iterable<State> {
  for (const write of state.writes) {
    const rest = { ...state, writes: state.writes.filter((other) => other !== write) };
    yield arrive(rest, write, how);
  }
  for (const [index, member] of state.members.entries()) {
    const become = (change: Partial<Member>, more: Partial<State> = {}): State => ({
      ...state,
      ...more,
      members: state.members.with(index, { ...member, ...change }),
    });
    yield* faultsOf(state, member, become);
    if (member.state !== 'runs') continue;
    if (member.holding === undefined) yield* comes(state, member, become);
    else yield* works(state, member, member.holding, become, how);
  }
}

type Become = (change: Partial<Member>, more?: Partial<State>) => State;

function* faultsOf(state: State, { state: now, holding, isOver }: Member, become: Become): Iterable<State> {
  const { left } = state;
  const broken = { left: { ...left, faults: left.faults - 1 }, hadFaults: true };
  if (left.faults > 0 && now === 'runs') {
    yield become({ state: 'crashed' }, broken);
    yield become({ state: 'frozen' }, broken);
  }
  if (now !== 'frozen') return;
  if (!isOver) yield become({ isOver: true });
  // A process that wakes up asks its own clock before anything else; but that may have stood still as well.
  yield become({ state: 'runs', isOver: false });
  if (isOver && holding !== undefined)
    yield become({ state: 'runs', isOver: false, holding: undefined, seen: undefined });
}

/** Looks, takes what is free or whose owner has run out, or asks for it. */
function* comes(state: State, { name, seen }: Member, become: Become): Iterable<State> {
  const { lease, left, members } = state;
  if (seen === undefined) {
    yield become({ seen: lease });
    return;
  }
  yield become({ seen: undefined });
  const owner = members.find((other) => other.name === seen.owner);
  // Nobody renews it: it has run out, or its owner knows that it does not hold it.
  const isFree = owner === undefined || owner.state === 'crashed' || owner.isOver || owner.holding === undefined;
  // What is kept for a member that does not come is kept for a while only.
  const asker = members.find((other) => other.name === seen.askedBy);
  const isKept = asker !== undefined && asker.name !== name && asker.state !== 'crashed' && !asker.isOver;
  if (isFree && !isKept && lease.counter === seen.counter) {
    const taken = takenBy(seen, name);
    const highest = Math.max(0, ...state.tokens);
    const holding: Holding = { written: taken, handled: Number(taken.position), isHandling: false, isDraining: false };
    const shrunk = taken.token > highest ? [] : [`token ${taken.token} after ${highest}`];
    yield become(
      { seen: undefined, holding },
      { lease: taken, tokens: [...state.tokens, taken.token], wrong: [...state.wrong, ...shrunk] },
    );
  }
  if (!isFree && left.asks > 0 && seen.askedBy === undefined && lease.counter === seen.counter)
    yield become(
      { seen: undefined },
      { lease: { ...seen, askedBy: name, counter: seen.counter + 1 }, left: { ...left, asks: left.asks - 1 } },
    );
}

/** Handles one event after the other, commits, and lets go when asked. */
function* works(state: State, member: Member, holding: Holding, become: Become, how: Rules): Iterable<State> {
  const { handled, isDraining, isHandling, written } = holding;
  const { name } = member;
  const hold = (change: Partial<Holding>, more: Partial<State> = {}): State =>
    become({ holding: { ...holding, ...change } }, more);
  if (isHandling)
    yield hold(
      { isHandling: false, handled: handled + 1 },
      { wasHandled: [...new Set([...state.wasHandled, handled])].toSorted((x, y) => x - y) },
    );
  else if (!isDraining && handled < events) yield hold({ isHandling: true }, handsOut(state, name, handled));
  const isWriting = state.writes.some(({ by }) => by === name);
  if (isWriting) return;
  const send = (next: Lease): Partial<State> => ({
    writes: [...state.writes, { by: name, next: { ...next, counter: written.counter + 1 }, counter: written.counter }],
  });
  if (Number(written.position) < handled) yield become({}, send({ ...written, position: String(handled) }));
  const isDone = !isHandling && Number(written.position) === handled;
  if (isDraining && (isDone || !how.drains)) yield become({}, send({ ...written, owner: undefined }));
  // A list, or the answer to a write that had no effect.
  const { lease } = state;
  if (lease.counter === written.counter) return;
  const standing = how.standing(lease, written);
  if (standing === 'taken') yield become({ holding: undefined, seen: undefined });
  else yield hold({ written: lease, isDraining: isDraining || lease.askedBy !== undefined });
}

function handsOut(state: State, name: string, event: number): Partial<State> {
  const wrong = [...state.wrong];
  if (!state.hadFaults) {
    if (state.wasHandled.includes(event)) wrong.push(`${event} again without a fault`);
    const other = state.members.find((one) => one.name !== name && one.holding?.isHandling === true);
    if (other !== undefined) wrong.push(`${name} and ${other.name} at once without a fault`);
  }
  return { wrong };
}

function arrive(state: State, { by, next, counter }: Write, { isConditional }: Rules): State {
  const { lease, members, wasHandled } = state;
  if (isConditional && lease.counter !== counter) return state;
  const wrong = [...state.wrong];
  if (next.token < lease.token) wrong.push(`a write of token ${next.token} over one of ${lease.token}`);
  if (next.owner !== undefined && next.owner !== by) wrong.push(`${by} writes in the name of ${next.owner}`);
  if (Number(next.position) < Number(lease.position)) wrong.push('the position went back');
  for (let event = 0; event < Number(next.position); event++)
    if (!wasHandled.includes(event)) wrong.push(`the position passes ${event}, which nobody handled`);
  const index = members.findIndex(({ name }) => name === by);
  const sender = members[index];
  // Whoever let go has nothing; of others the answer may be lost, and they find what is there.
  const isReleased = next.owner === undefined && sender?.holding?.written.token === next.token;
  return {
    ...state,
    lease: next,
    wrong,
    members: isReleased ? members.with(index, { ...sender, holding: undefined, seen: undefined }) : members,
  };
}

/** Everything is handled and committed, and nobody who lives has anything to do. */
export function isAtEnd({ lease }: State): boolean {
  return Number(lease.position) === events;
}
