import type { Source } from '../contract/source.ts';
import type { StreamError } from '../errors/stream-error.ts';
import type { StoredEvent } from '../model/encoded.ts';
import type { Clock } from '../time/clock.ts';
import type { EngineSettings } from './settings.ts';
import type { HandlerContext } from './options.ts';

/** What a dead letter tells besides the event. */
export interface LetterContext {
  readonly error: StreamError;
  readonly attempts: number;
  readonly firstFailure: number;
  readonly lastFailure: number;
}

/** Decodes and handles; throws or rejects for a failed attempt, with a `DecodeFailure` where trying again is useless. */
export type Deliver = (stored: StoredEvent, context: HandlerContext) => unknown;

/** What bounds the handlers of one run. */
export type Limits = Pick<EngineSettings, 'concurrency' | 'handlerTimeoutMs'>;

/** What an engine is given. */
export interface EngineParts {
  readonly topic: string;
  readonly group: string | undefined;
  /** This member's name for observers. */
  readonly member: string;
  readonly source: Source;
  readonly settlement: 'watermark' | 'individual';
  readonly settings: EngineSettings;
  readonly clock: Clock;
  readonly random: () => number;
  /** Resolves when the letter is durably written. */
  readonly deadLetter: (stored: StoredEvent, context: LetterContext) => Promise<unknown>;
  /** Events that are passed over unseen. */
  readonly accept?: (stored: StoredEvent) => boolean;
}
