import { channel } from 'node:diagnostics_channel';
import type { ErrorCode } from '../errors/codes.ts';
import type { StreamError } from '../errors/stream-error.ts';
import type { Key, Position } from '../model/encoded.ts';
import { guarded } from './guarded.ts';

/** What core tells whoever listens on `isostream:<name>`. Published only when somebody does. */
export interface Observations {
  'produce:batch': {
    readonly topic: string;
    readonly route: string;
    readonly events: number;
    readonly bytes: number;
    readonly attempt: number;
    readonly ms: number;
    /** Why it was not written, as far as is known; absent where it was. */
    readonly error?: StreamError;
  };
  'produce:retry': {
    readonly topic: string;
    readonly lane: string;
    readonly events: number;
    readonly failures: number;
    readonly delayMs: number;
    readonly error: StreamError;
  };
  'produce:failed': {
    readonly topic: string;
    readonly lane: string;
    readonly events: number;
    readonly error: StreamError;
  };
  'consume:assigned': Ownership;
  'consume:revoked': Ownership;
  'consume:lost': Ownership & { readonly error: StreamError };
  /** An attempt ended: for counting, cheaper than what follows, since it does not say of which event. */
  'consume:attempt': {
    readonly topic: string;
    readonly group: string | undefined;
    /** What follows from it: it is settled, comes again, goes to the dead letters, is passed over, or ends the consumer. */
    readonly result: 'ok' | 'retry' | 'dead-letter' | 'skip' | 'stop';
    readonly ms: number;
    /** Why it failed; absent where it did not. */
    readonly code?: ErrorCode;
  };
  /** `ms`: how long the attempt took. */
  'consume:retry': Attempt & { readonly delayMs: number; readonly ms: number; readonly error: unknown };
  'consume:settled': Attempt & {
    readonly result: 'ok' | 'dead-letter' | 'skip';
    /** How long the last attempt took. */
    readonly ms: number;
    /** From the beginning of the first attempt here, waits and the writing of a letter included. */
    readonly totalMs: number;
    /** Why there is a letter, or why it was skipped. */
    readonly error?: StreamError;
  };
  /** As `consume:settled`, only of events that were given up: cheap where most are handled. */
  'consume:given-up': Attempt & {
    readonly result: 'dead-letter' | 'skip';
    readonly ms: number;
    readonly totalMs: number;
    readonly error?: StreamError;
  };
  'consume:commit': Ownership & { readonly position: Position };
  'consume:commit-failed': Ownership & { readonly error: StreamError };
  'consume:dead-letter-failed': Attempt & { readonly error: StreamError };
  'consume:gap': Ownership & { readonly missing: number | undefined; readonly from: Position; readonly to: Position };
  /** Where a consumer is in its life: after `failed` it does nothing more, and `run` was rejected with the error. */
  'consume:state': {
    readonly topic: string;
    readonly group: string;
    readonly member: string;
    readonly state: 'joining' | 'running' | 'closing' | 'closed' | 'failed';
    readonly error?: StreamError;
  };
  /** Whether the service answers, as far as the client has asked: when it connects, and in `health()`. */
  'client:state': {
    readonly adapter: string;
    readonly state: 'connected' | 'unreachable' | 'closed';
    readonly error?: StreamError;
  };
  /** Trouble that passes by itself, told less and less often while it goes on. */
  'adapter:warning': {
    readonly adapter: string;
    readonly message: string;
    /** How often it was seen since it was last told, this time included. */
    readonly count: number;
    /** When it was first seen. */
    readonly since: Date;
    readonly error?: unknown;
  };
}

export interface Ownership {
  readonly topic: string;
  readonly group: string | undefined;
  readonly member: string;
  readonly partition: string;
  /** A fresh number an assignment. */
  readonly lease: number;
}

export interface Attempt extends Ownership {
  readonly position: Position;
  readonly key: Key;
  /** The CloudEvents attributes; absent where the event is none. */
  readonly id?: string;
  readonly type?: string;
  readonly attempt: number;
}

/** One channel, typed. */
export interface Observer<Message> {
  readonly hasSubscribers: boolean;
  publish(message: Message): void;
}

/** The channel of one kind of observation; ask `hasSubscribers` before building a message. */
export function observe<Name extends keyof Observations>(name: Name): Observer<Observations[Name]> {
  return guarded(channel(`isostream:${name}`));
}
