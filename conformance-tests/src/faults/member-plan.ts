import type { ConsumerOptions } from '@isostream/core';
import type { SendPlan } from '../load/load.ts';

/** How a process makes its own client of the provider under test. */
export interface WorkerRecipe {
  /** A module with a function `createAdapter(settings, clientId)`. */
  readonly module: string;
  readonly settings: unknown;
  /** Before the names of all topics and groups. */
  readonly prefix?: string;
}

/** What a client in another process has to know, whatever it does. */
export interface ProcessPlan {
  readonly recipe: WorkerRecipe;
  readonly name: string;
  readonly topic: string;
  readonly partitions: number;
  /** The name of the wrong version that it is. */
  readonly mutant?: string;
  readonly sessionTimeoutMs: number;
  readonly seed: number;
  /** Where its connections come from, so that they can be told from those of others. */
  readonly address?: string;
}

/** What a producer in another process sends, until it is killed. */
export type EndlessLoad = Omit<SendPlan, 'events' | 'goOn'>;

/** Everything that a producer in another process has to know. */
export interface SenderPlan extends ProcessPlan {
  readonly load: EndlessLoad;
}

/** Everything that a member in another process has to know. */
export interface MemberPlan extends ProcessPlan {
  readonly options: ConsumerOptions;
  /** Handlers take 0 to so many milliseconds. */
  readonly busyMs: number;
  /** Keys whose handlers then throw. */
  readonly failing: readonly string[];
}
