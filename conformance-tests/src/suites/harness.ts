import type { Adapter, Capabilities } from '@isostream/core';
import type { WorkerRecipe } from '../faults/member-plan.ts';
import type { Peers } from '../faults/peers.ts';
import type { Distortion } from '../mutants/distortion.ts';

export type Undo = () => void | Promise<void>;

/** What can be broken at a provider while it works. */
export interface HarnessFaults {
  /** Breaks every open connection, or whatever carries requests, once. Returns how many broke. */
  cut(): number;
  /** The other end of every open connection goes without a word: it stays open, and nothing passes any more. Returns how many there were. */
  halfOpen(): number;
  /** Nothing is answered any more, until undone. */
  isolate(): Undo;
  /**
   * As `isolate`, but for the connections of one client alone, those that come from this address, until undone. Absent where clients
   * cannot have addresses of their own.
   */
  cutOff?(address: string): Undo;
  /** Nobody is there: open connections break and new ones are refused, until undone. */
  goAway(): Undo;
  /** The broker dies and comes back on its data. */
  restart(): Promise<void>;
  /** The service gets slow, until undone: most writes take 20 ms at least. */
  slowDown(): Undo;
  /**
   * The service says that it is asked too much, in its own words, and does not do it or asks to wait: until undone, and of what the suite
   * sends at least a part. Absent where nothing can make it.
   */
  throttle?(): Promise<Undo>;
  /** Nothing can be stored in this topic, until undone. */
  refuseWrites(topic: string): Promise<Undo>;
  /** Positions cannot be stored, until undone; where they are kept by the broker itself, nothing is answered. */
  refuseCommits(): Undo;
  /** Retention removes every event of a partition before a position. */
  trim(topic: string, partition: string, before: string): Promise<void>;
}

/** Something in which what runs here is not as the service that it stands for. */
export interface Difference {
  readonly text: string;
  /** Scenarios that cannot pass because of it: they are not run, and every report names them. */
  readonly scenarios?: readonly string[];
  /** Wrong versions that nobody could tell from right ones because of it. */
  readonly mutants?: readonly string[];
}

/** A provider as `connect` is told about it: which service, and the options of its adapter. */
export interface Reached {
  /** A service that runs already, which cannot be broken, in words for the report; else one is started. */
  readonly service?: string;
  /** What the adapter is given, beside what the suite needs for itself. It is sent to other processes, so it is plain data. */
  readonly options?: Readonly<Record<string, unknown>>;
}

/** What the suite needs of a provider under test. */
export interface Harness {
  readonly name: string;
  /** Version and kind of the broker, for the report. */
  readonly broker: string;
  /** The client of the service that the adapter stands on, with its version, for the report: `kafkajs 2.2.4`. */
  readonly clients?: readonly string[];
  /** Before all names that the suite makes, on a service that others use as well. */
  readonly prefix?: string;
  /** An emulator: what it shows has to be shown on the service as well. */
  readonly isEmulator?: boolean;
  /** What the service bills for, said before a run of which somebody has to pay; absent where nobody has to. */
  readonly billed?: string;
  /** The ledger of an emulator, printed with every report. */
  readonly differences?: readonly (string | Difference)[];
  /** A group misses events that are written at the very moment in which it is made: members are there before the load begins. */
  readonly makesGroupsInQuiet?: boolean;
  /** A fresh client, as another process would have it; all meet the same broker. */
  createAdapter(clientId: string): Adapter;
  /** How long the service keeps the partitions of a member that fell silent, in milliseconds. */
  readonly sessionTimeoutMs: number;
  /** How far the service's clock may be from ours, in milliseconds. */
  readonly clockSkewMs: number;
  /** How often members commit, in milliseconds, where every commit costs the service more than is usual. Default 20. */
  readonly commitIntervalMs?: number;
  /** How long nothing at all may happen while there is work, in milliseconds: longer than any takeover. */
  readonly quietMs: number;
  /** `undefined` for a service that the suite does not run itself: its faults cannot be made. */
  readonly faults: HarnessFaults | undefined;
  /** The only faults that can be made, where a service is broken by its owner. Absent: all of them. */
  readonly onlyFaults?: readonly 'restart'[];
  /** The most events that one topic can hold here, where an emulator gets too slow; named in `differences` as well. */
  readonly largestBacklog?: number;
  /** How a process of its own reaches the provider; `undefined` where it lives in this process. */
  readonly worker: WorkerRecipe | undefined;
  /** Cuts one member off, where there are no processes to freeze; the result wakes it. */
  readonly stall?: (topic: string, group: string, clientId: string) => () => void;
  /** The same service, reached in a way that must fail with this code. */
  readonly wrong: Readonly<Partial<Record<'unavailable' | 'unauthenticated' | 'tls', () => Adapter>>>;
  /** After each scenario: an emulator that keeps what it should forget begins anew now and then. */
  readonly renew?: () => Promise<void>;
  /** Its adapter made wrong in ways that are its own, for `--mutants`. */
  readonly mutants?: readonly Mutant[];
  close(): Promise<void>;
}

/** A provider that is wrong in one way, and the checks that must notice. */
export interface Mutant {
  readonly name: string;
  /** What is wrong, as an operator would tell it. */
  readonly defect: string;
  /**
   * `<scenario>: <check>` of the checks that are there to notice; these scenarios are run. One of the checks must notice,
   * and no other counts.
   */
  readonly noticedBy: readonly string[];
  /** Whether a provider that declares this can be wrong in this way. Default: every provider can. */
  readonly exists?: (capabilities: Capabilities) => boolean;
  /** Makes all clients of a provider wrong, also those in member processes; for what goes wrong inside of one adapter. */
  readonly harness?: (harness: Harness) => Harness;
  /** Fresh for each scenario, and for each process of one: mutants may keep state. `peers`: the other processes, in one of a member. */
  readonly distort: (service: Pick<Harness, 'sessionTimeoutMs'> & { readonly peers?: Peers }) => Distortion;
}
