import type {
  EventView,
  GroupState,
  LagPoint,
  LetterGroup,
  LetterView,
  MemberView,
  SearchReport,
  WatchedGroup,
} from '@isostream/operations';
import type { Job, Plan } from '../src/job.ts';

export type {
  Job,
  Plan,
  EventView,
  GroupState,
  LagPoint,
  LetterGroup,
  LetterView,
  MemberView,
  SearchReport,
  WatchedGroup,
};

/** A group as lists have it: its partitions and members counted. */
export interface GroupRow extends Omit<WatchedGroup, 'partitions' | 'members'> {
  readonly partitions: number;
  readonly members: number | null;
}

export interface LetterCount {
  readonly topic: string;
  readonly group: string;
  readonly total: number;
  readonly groups: readonly LetterGroup[];
  readonly at: string;
}

export interface OverviewAnswer {
  readonly at?: string;
  readonly topics: readonly string[] | null;
  readonly groups: readonly GroupRow[] | null;
  readonly letters: readonly LetterCount[];
  /** Whether the letters of all groups were counted once. */
  readonly areLettersCounted: boolean;
  readonly problems?: readonly string[];
  readonly stale?: string | null;
  readonly problem: string | null;
}

export interface About {
  readonly provider: string;
  readonly address: string | null;
  readonly allowed: readonly string[];
  readonly capabilities: {
    readonly lag: { readonly events: boolean; readonly time: boolean; readonly elsewhere?: string };
    readonly members: boolean;
    readonly resetGroup: boolean;
    readonly replay: boolean;
    readonly settlement: string;
  };
}

export type Previewed = EventView & { readonly cut: boolean };
