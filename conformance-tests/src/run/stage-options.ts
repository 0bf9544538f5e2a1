import type { Consumer, ConsumerOptions, Streams } from '@isostream/core';
import type { Capabilities } from '@isostream/core/adapter';
import type { Assignments } from '../history/recording-adapter.ts';
import type { LoadEvent } from '../load/load-topic.ts';
import type { Distortion } from '../mutants/distortion.ts';
import type { Harness } from '../suites/harness.ts';
import type { Handle } from './recorded-call.ts';
import type { Clause } from './clause.ts';

export interface StageOptions {
  readonly harness: Harness;
  readonly capabilities: Capabilities;
  /** Of the scenario, for names. */
  readonly clause: Clause;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Multiplies the sizes of loads; 1 is the suite as written. */
  readonly scale?: number;
  readonly distortion?: Distortion;
}

/** One process's client of the broker. */
export interface Client {
  readonly name: string;
  readonly streams: Streams;
  readonly assignments: Assignments;
}

/** A member of a group whose every handler call is recorded. */
export interface Member {
  readonly name: string;
  readonly consumer: Consumer<LoadEvent>;
  /** Settles when the consumer ended. */
  readonly running: Promise<void>;
}

export interface MemberOptions extends Omit<ConsumerOptions, 'group'> {
  readonly group?: string;
  readonly handle?: Handle;
  readonly client?: Client;
}

export interface VolatileOptions extends Omit<ConsumerOptions, 'group'> {
  readonly group?: string;
  /** Handlers take 0 to so many milliseconds. Default 20. */
  readonly busyMs?: number;
  /** Keys whose handlers then throw. */
  readonly failing?: readonly string[];
}
