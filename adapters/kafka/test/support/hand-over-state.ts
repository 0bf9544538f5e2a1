import { assign } from '../../src/group/assignor.ts';
import { emptyGroup, type Group } from './group-model.ts';

/** What is on trial: how partitions are shared, and what a member and its coordinator see to. */
export interface Rules {
  readonly assign: typeof assign;
  /** Whether a member lets go only after its handler has returned and its place is stored. */
  readonly drains: boolean;
  /** Whether a member lets go of everything when its session is over. */
  readonly forgets: boolean;
  /** Whether the coordinator takes commits of the group's present members only. */
  readonly fences: boolean;
}
export const rules: Rules = { assign, drains: true, forgets: true, fences: true };

export interface Holding {
  readonly partition: number;
  /** The generation in which it was assigned: its fencing token. */
  readonly token: number;
  readonly state: 'starting' | 'held' | 'draining';
  readonly handled: number;
  readonly committed: number;
  readonly isHandling: boolean;
}

export interface Member {
  readonly state: 'runs' | 'frozen' | 'crashed' | 'gone';
  readonly id: number | undefined;
  readonly hasCome: boolean;
  readonly generation: number;
  readonly isLeaving: boolean;
  /** Something was released that the others can have. */
  readonly rejoins: boolean;
  readonly holdings: readonly Holding[];
}

/** A commit on its way: it may arrive at any time, whatever has become of its sender. */
export interface Commit {
  readonly by: number;
  readonly id: number;
  readonly generation: number;
  readonly partition: number;
  readonly token: number;
  readonly offset: number;
}

export interface State {
  readonly group: Group;
  readonly members: readonly Member[];
  readonly commits: readonly Commit[];
  readonly left: { readonly faults: number; readonly leaves: number };
  /** How many there are in each partition, and how many of each were handled, in order. */
  readonly events: number;
  readonly handled: readonly number[];
  readonly hadFaults: boolean;
  readonly wrong: readonly string[];
}

export interface Bounds {
  readonly members: number;
  readonly partitions: number;
  readonly faults: number;
  readonly leaves: number;
  /** In each partition. */
  readonly events: number;
}

export function initial({ members, partitions, faults, leaves, events }: Bounds): State {
  const member: Member = {
    state: 'runs',
    id: undefined,
    hasCome: false,
    generation: -1,
    isLeaving: false,
    rejoins: true,
    holdings: [],
  };
  const group = emptyGroup(partitions);
  return {
    group,
    members: Array.from({ length: members }, () => member),
    commits: [],
    left: { faults, leaves },
    events,
    handled: group.positions,
    hadFaults: false,
    wrong: [],
  };
}

/** Everything is handled and stored. */
export function isAtEnd({ group, events }: State): boolean {
  return group.positions.every((position) => position === events);
}

/** Whether somebody is there who could go on. */
export function lives({ members }: State): boolean {
  return members.some(({ state, isLeaving }) => !isLeaving && (state === 'runs' || state === 'frozen'));
}
