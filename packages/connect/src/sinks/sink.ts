import type { Config, Definitions } from '../config/definition.ts';
import type { Typed } from '../data/values.ts';
import type { RecordHeader } from '../transforms/record.ts';

/** A record as a sink gets it: converted, transformed, and with the place where it was read. */
export interface SinkRecord {
  /** The topic as transforms left it; {@link SinkRecord.origin} has the real one. */
  readonly topic: string;
  readonly key: Typed;
  readonly value: Typed;
  readonly headers: readonly RecordHeader[];
  /** In milliseconds since the epoch. */
  readonly timestamp: number | null;
  /** Where the record is stored: text, because providers name places in their own way. */
  readonly origin: { readonly topic: string; readonly partition: string; readonly position: string };
  /** The position as a number of 64 bits that grows within the partition; `null` where the provider's is another. */
  readonly offset: bigint | null;
  /** Text that sorts as positions of the partition do; `null` where the provider's positions have no order. */
  readonly order: string | null;
}

/**
 * What became of one record: stored, or refused because of what it holds. `isTolerated`: the sink's own properties say that
 * such a record is passed over, whatever `errors.tolerance` says.
 */
export type PutResult =
  | { readonly state: 'stored' }
  | { readonly state: 'refused'; readonly error: Error; readonly isTolerated?: boolean }
  | { readonly state: 'later'; readonly error: Error };

/** The target cannot be reached or asks to come back later: no fault of any record. The same records come again. */
export class TargetUnavailable extends Error {
  override readonly name: string = 'TargetUnavailable';
}

/** Where records go. One instance per task; calls do not overlap, and no two records of one call have the same key. */
export interface Sink {
  /** Called once before the first `put`. {@link TargetUnavailable} means that it is called again. */
  open?(signal: AbortSignal): Promise<void>;
  /**
   * One result per record, in the order given. A record that is `stored` must survive a crash of this process, because its
   * position is committed next. Throws {@link TargetUnavailable} to get all of them again; any other error ends the task.
   */
  put(records: readonly SinkRecord[], signal: AbortSignal): Promise<readonly PutResult[]>;
  close?(): Promise<void>;
}

export interface SinkContext {
  readonly connector: string;
  /** Counts from 0. */
  readonly task: number;
  /** Takes a line for people. */
  readonly say: (line: string) => void;
}

/** A kind of sink: the class names that files call it by, and its properties. `create` throws `ConfigError`. */
export interface SinkClass {
  readonly classNames: readonly string[];
  readonly definitions: Definitions;
  /** Properties that are accepted because files have them, and why nothing comes of them. */
  readonly withoutEffect?: Readonly<Record<string, string>>;
  create(config: Config, context: SinkContext): Sink;
}

export const stored: PutResult = { state: 'stored' };

export function refused(error: unknown, isTolerated = false): PutResult {
  return { state: 'refused', error: error instanceof Error ? error : new Error(String(error)), isTolerated };
}
