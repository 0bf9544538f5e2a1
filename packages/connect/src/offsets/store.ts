import type { SourceOffset } from './place.ts';

/** Where a worker keeps how far its sources were read. One for all sources of a worker; calls do not overlap. */
export interface OffsetStore {
  /** For people: what it is, and where. */
  readonly name: string;
  /** What is stored is forgotten by and by: what did not change is written again after so many milliseconds. */
  readonly refreshMs?: number;
  /** Everything that is stored. Rejects where that cannot be told: a source that starts over would send all again. */
  read(signal: AbortSignal): Promise<readonly SourceOffset[]>;
  /** Resolves once these survive a crash of this process; others stay as they are. May be called again with the same. */
  write(offsets: readonly SourceOffset[], signal: AbortSignal): Promise<void>;
  close?(): Promise<void>;
}
