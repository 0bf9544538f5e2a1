import { type assign as assignOf, encodeClaim } from '../../src/group/assignor.ts';

/** The coordinator of a group, and what it stores of its partitions: what the protocol says, without time. */
export interface Group {
  readonly phase: 'stable' | 'joining' | 'syncing';
  readonly generation: number;
  /** By number, which a member gets at its first join and loses with its session. */
  readonly ids: readonly number[];
  readonly nextId: number;
  /** What has joined since the group began to share anew. The first leads. */
  readonly joined: readonly (readonly [id: number, claim: string])[];
  /** Answers to members that have not read theirs. */
  readonly answers: readonly (readonly [id: number, generation: number, share: readonly number[]])[];
  /** The position of each partition, and the newest token under which one was read. */
  readonly positions: readonly number[];
  readonly tokens: readonly number[];
}

const topic = 't';

export function emptyGroup(partitions: number): Group {
  const zeros = Array.from({ length: partitions }, () => 0);
  return {
    phase: 'stable',
    generation: 0,
    ids: [],
    nextId: 1,
    joined: [],
    answers: [],
    positions: zeros,
    tokens: zeros,
  };
}

/** A member joins, for the first time or again, with what it holds. */
export function joins(
  group: Group,
  id: number,
  owned: readonly number[],
  generation: number,
  isLeaving: boolean,
): Group {
  const claim = new TextDecoder().decode(encodeClaim({ owned: { [topic]: owned }, generation, isLeaving }));
  // Who joins while the others wait for the leader begins anew, and so do they.
  const joined = group.phase === 'joining' ? group.joined.filter(([other]) => other !== id) : [];
  return {
    ...group,
    phase: 'joining',
    ids: group.ids.includes(id) ? group.ids : [...group.ids, id],
    nextId: Math.max(group.nextId, id + 1),
    joined: [...joined, [id, claim]],
  };
}

/** A member says goodbye, or its session runs out. */
export function without(group: Group, id: number): Group {
  const ids = group.ids.filter((other) => other !== id);
  const isSyncing = group.phase === 'syncing';
  return {
    ...group,
    phase: ids.length === 0 ? 'stable' : 'joining',
    ids,
    joined: isSyncing ? [] : group.joined.filter(([other]) => other !== id),
    answers: group.answers.filter(([other]) => other !== id),
  };
}

/** All have joined: a new generation, of which the leader is told. */
export function isComplete({ phase, ids, joined }: Group): boolean {
  return phase === 'joining' && ids.length > 0 && ids.every((id) => joined.some(([other]) => other === id));
}

/** What the leader makes of it, by the function of the adapter, is told to each. */
export function synced(group: Group, assign: typeof assignOf): Group {
  const members = group.joined.map(([id, claim]) => ({
    memberId: String(id),
    subscription: { topics: [topic], userData: new TextEncoder().encode(claim) },
  }));
  const shares = assign(members, new Map([[topic, group.positions.map((_, partition) => partition)]]));
  return {
    ...group,
    phase: 'stable',
    joined: [],
    answers: group.joined.map(([id]) => [id, group.generation, shares.get(String(id))?.get(topic) ?? []]),
  };
}
