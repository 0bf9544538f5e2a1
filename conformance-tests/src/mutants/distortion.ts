import type { Streams } from '@isostream/core';
import type { Adapter, Clock } from '@isostream/core/adapter';

/** A provider made wrong on purpose: beneath the recorder, between it and core, or between core and the suite. */
export interface Distortion {
  /** For what nobody but the record shows. */
  readonly beneath?: (adapter: Adapter) => Adapter;
  readonly adapter?: (adapter: Adapter) => Adapter;
  readonly streams?: (streams: Streams) => Streams;
  readonly clock?: Clock;
  /** The name of the wrong version, by which members in processes of their own are made the same. */
  readonly mutant?: string;
}
