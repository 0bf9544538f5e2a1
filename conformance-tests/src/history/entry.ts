import type { ErrorCode, Outcome, Position } from '@isostream/core/adapter';

/** One member's hold on one partition; `assignment` is a number of its own for each. */
export interface Holding {
  readonly topic: string;
  readonly group: string;
  readonly member: string;
  readonly partition: string;
  readonly assignment: number;
}

/** One call of a handler. */
export interface Call extends Holding {
  readonly id: string;
  readonly key: string | null;
  readonly seq: number;
  readonly attempt: number;
  readonly position: Position;
}

/** What happened, as the clients of a broker see it. `at` is milliseconds of the process's monotonic clock. */
export type Entry = { readonly at: number } & (
  | {
      readonly kind: 'send';
      readonly topic: string;
      readonly id: string;
      readonly key: string | null;
      readonly seq: number;
      readonly sender: string;
    }
  | {
      readonly kind: 'sent';
      readonly topic: string;
      readonly id: string;
      readonly partition: string | undefined;
      /** Absent where the service does not tell senders. */
      readonly position: Position | undefined;
    }
  | {
      readonly kind: 'send-failed';
      readonly topic: string;
      readonly id: string;
      readonly code: ErrorCode;
      readonly outcome: Outcome | undefined;
    }
  /** A request of which nobody knows whether it was done; the engine writes these events again. */
  | { readonly kind: 'doubt'; readonly topic: string; readonly events: number }
  /** `fencingToken`: absent where the provider has none. */
  | ({ readonly kind: 'assign'; readonly fencingToken?: string } & Holding)
  | ({ readonly kind: 'revoke' } & Holding)
  | ({ readonly kind: 'lost' } & Holding)
  /** Events handed to the engine by one read. */
  | ({ readonly kind: 'read'; readonly events: number; readonly bytes: number } & Holding)
  | ({ readonly kind: 'deliver' } & Call)
  | ({ readonly kind: 'settle'; readonly result: 'ok' | 'retry' | 'reject' } & Call)
  /** The signal of a handler that was running was aborted; `code` is that of the reason. */
  | ({ readonly kind: 'aborted'; readonly code: string } & Call)
  | ({ readonly kind: 'commit'; readonly position: Position } & Holding)
  /** The service was told that this event is settled, where events are settled one by one. */
  | ({ readonly kind: 'told'; readonly position: Position } & Holding)
  /** What it asked for may have been done all the same: `position` is how far it was to be stored, `told` what was to be told. */
  | ({
      readonly kind: 'commit-failed';
      readonly code: ErrorCode;
      readonly position?: Position;
      readonly told?: readonly Position[];
    } & Holding)
  | {
      readonly kind: 'dead';
      readonly topic: string;
      readonly group: string;
      readonly id: string;
      readonly attempts: number;
      readonly code: string;
    }
  /** What lies in the log in the end, in its order, each copy by itself. */
  | {
      readonly kind: 'stored';
      readonly topic: string;
      readonly id: string;
      readonly key: string | null;
      readonly seq: number;
      readonly partition: string;
    }
  /** Connections that were broken, all at once. */
  | { readonly kind: 'broken'; readonly connections: number }
  | { readonly kind: 'fault'; readonly name: string; readonly edge: 'start' | 'end' }
  | { readonly kind: 'mark'; readonly name: string }
  | { readonly kind: 'closed'; readonly member: string }
);

export type EntryOf<Kind extends Entry['kind']> = Extract<Entry, { readonly kind: Kind }>;

/** An entry before the history stamps it. */
export type NewEntry = Entry extends infer Each ? (Each extends Entry ? Omit<Each, 'at'> : never) : never;
