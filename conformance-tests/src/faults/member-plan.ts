import type { ConsumerOptions } from '@isostream/core';

/** How a process makes its own client of the provider under test. */
export interface WorkerRecipe {
  /** A module with a function `createAdapter(settings, clientId)`. */
  readonly module: string;
  readonly settings: unknown;
  /** Before the names of all topics and groups. */
  readonly prefix?: string;
}

/** Everything that a member in another process has to know. */
export interface MemberPlan {
  readonly recipe: WorkerRecipe;
  readonly name: string;
  readonly topic: string;
  readonly partitions: number;
  readonly options: ConsumerOptions;
  /** Handlers take 0 to so many milliseconds. */
  readonly busyMs: number;
  /** Keys whose handlers then throw. */
  readonly failing: readonly string[];
  /** The name of the wrong version that it is. */
  readonly mutant?: string;
  readonly sessionTimeoutMs: number;
  readonly seed: number;
}
