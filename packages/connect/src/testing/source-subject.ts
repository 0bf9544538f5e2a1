import type { RawEvent } from '@isostream/core';
import type { Source, SourceClass } from '../sources/source.ts';
import type { RequestGate } from './gate.ts';
import type { TestService } from './subject.ts';

/** Where a source reads, empty, for one scenario. */
export interface SourceOrigin {
  /** The properties that lead the source to it, and to the topic `rides`. */
  readonly properties: Readonly<Record<string, string>>;
  /** Adds these numbers, in this order. */
  add(numbers: readonly number[]): Promise<void>;
  /** Which of them an event is. */
  read(event: RawEvent): number;
  /** Where every request of the source passes; absent where there are no requests, as with a file. */
  readonly gate?: RequestGate;
  close(): Promise<void>;
}

/** A source to be tried. */
export interface SourceSubject {
  readonly source: SourceClass;
  /** An empty origin. */
  open(): Promise<SourceOrigin>;
  service(): TestService;
}

/** A wrong version: the suite has to see that it is one. */
export interface SourceDistortion {
  readonly name: string;
  /** The check that has to see it, on a source that has offsets. */
  readonly killedBy: string;
  /** `storeNow` stores an offset behind the back of the runner. */
  readonly source: (source: Source, storeNow: (offset: StoredNow) => void) => Source;
}

/** As in a record of a source. */
export interface StoredNow {
  readonly partition: Readonly<Record<string, string | number | boolean | null>>;
  readonly offset: Readonly<Record<string, string | number | boolean | null>>;
}
