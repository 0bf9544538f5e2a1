import type { Sink } from '../contract/sink.ts';
import type { Clock } from '../time/clock.ts';
import type { Outbox } from './outbox.ts';
import type { WriterSettings } from './settings.ts';

/** What the parts of a writer share. */
export interface WriterParts {
  readonly topic: string;
  readonly sink: Sink;
  readonly settings: WriterSettings;
  readonly clock: Clock;
  readonly random: () => number;
  readonly outbox: Outbox;
  /** Aborted when nothing may leave any more. */
  readonly stop: AbortController;
}
