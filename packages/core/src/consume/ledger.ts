import type { Position, StoredEvent } from '../model/encoded.ts';
import type { Task } from './task.ts';

/** What of one assignment is settled, and what its provider knows of that. By the provider's settlement there are two. */
export interface Ledger {
  /** The next event, unsettled; returns its number. */
  add(position: Position): number;
  /** Settled unseen: nobody was to handle it. */
  pass(number: number): void;
  start(task: Task): void;
  settle(task: Task): void;
  /** Settled or given up: nothing more is owed of it. */
  leave(task: Task): void;
  /** A drain has to finish it: else an event that was handed out would come again. */
  owes(task: Task): boolean;
  /** All that is owed is done. */
  readonly isFinished: boolean;
  /** Events that hold up a commit. */
  readonly unsettled: number;
  /** Settled events above an unsettled one, which repeat after a crash; 0 where each is settled by itself. */
  readonly span: number;
  /** The provider does not know all that is settled. */
  readonly hasUnsent: boolean;
  /** It is told at once what is settled, not at an interval. */
  readonly isEager: boolean;
  /** A settled event takes up room until the provider knows. */
  readonly keepsRoom: boolean;
  /** One call. Resolves with the position that was stored, or with the tasks whose room is free. */
  send(): Promise<Sent>;
  /** Hands back events that will not be started. */
  release(events: readonly StoredEvent[]): void;
  /** The assignment is gone, and nothing more is told. Returns the tasks whose room is free. */
  forget(): readonly Task[];
}

export interface Sent {
  readonly position?: Position;
  readonly tasks?: readonly Task[];
}
