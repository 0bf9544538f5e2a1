import type { LeaseStore } from '@isostream/coordination';
import type { OutboxRow, StoredRow } from './row.ts';

/** What a relay reads. */
export interface PageRequest {
  readonly shards: readonly number[];
  readonly topics: readonly string[];
  /** Keys that wait for their next attempt, `null` for all events of the topic without one; their rows are left out. */
  readonly without: readonly { readonly topic: string; readonly key: string | null }[];
  /** Rows above this place; `'0'` for all. */
  readonly after: string;
  readonly limit: number;
}

/** Rows in the order in which they were written, and what is known of rows to come. */
export interface Page {
  readonly rows: readonly StoredRow[];
  /** Above the numbers of all transactions that can still write below the last row. */
  readonly next: bigint;
  /** All transactions with lower numbers are over. */
  readonly oldest: bigint;
}

/** An event that no attempt can send. */
export interface RefusedRow {
  readonly seq: string;
  readonly code: string;
  readonly message: string;
}

/** A row that was set aside. */
export interface SetAsideRow extends Omit<OutboxRow, 'shard'> {
  readonly code: string;
  readonly message: string;
  readonly setAsideAt: Date;
}

export interface Backlog {
  /** Rows that wait to be sent. */
  readonly rows: number;
  /** Rows that were set aside. */
  readonly setAside: number;
}

/**
 * Where rows are kept. Calls reject with a `StreamError`, `retryable` for what passes by itself. `Tx` is a transaction of the
 * application; `Written` what `write` returns there: a promise, or nothing where the database answers at once.
 */
export interface OutboxStore<Tx, Written> {
  /** Creates the tables that are missing; changes none that exist. */
  ensure(): Promise<void>;
  /** Adds rows in the application's transaction, so that they exist if it commits, and only then. */
  write(tx: Tx, rows: readonly OutboxRow[]): Written;
  read(request: PageRequest): Promise<Page>;
  /** Removes rows that were sent, and moves those that were refused to the table of rows set aside, in one transaction. */
  remove(sent: readonly string[], refused: readonly RefusedRow[]): Promise<void>;
  backlog(): Promise<Backlog>;
  /** The oldest rows that were set aside. */
  setAside(limit: number): Promise<readonly SetAsideRow[]>;
  /** Puts rows that were set aside back, behind all others, in their order; resolves with how many it found. */
  putBack(ids: readonly string[]): Promise<number>;
  readonly leases: LeaseStore;
}
