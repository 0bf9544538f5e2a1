import { channel } from 'node:diagnostics_channel';
import type { ErrorCode } from '../errors/codes.ts';
import type { StreamError } from '../errors/stream-error.ts';
import type { Key, Position } from '../model/encoded.ts';
import { guarded } from './guarded.ts';

/** What core tells whoever listens on `isostream:<name>`. Published only when somebody does. */
export interface Observations {
  /** One attempt to write a batch ended. */
  'produce:batch': {
    readonly topic: string;
    /** What shares a request: a broker, or the service. */
    readonly route: string;
    /** Of the batch, with its bytes: keys, payloads, headers and framing. */
    readonly events: number;
    readonly bytes: number;
    /** Counts from 1. */
    readonly attempt: number;
    /** From handing the request to the adapter to its answer. */
    readonly ms: number;
    /** What its producer still holds. */
    readonly queue: ProducerQueue;
    /** Why it was not written, as far as is known; absent where it was. */
    readonly error?: StreamError;
  };
  /** A batch was not written, and is written again. */
  'produce:retry': {
    readonly topic: string;
    /** What keeps order: a partition, or a key. */
    readonly lane: string;
    readonly events: number;
    /** How often it has failed. */
    readonly failures: number;
    /** Until its next attempt. */
    readonly delayMs: number;
    readonly error: StreamError;
  };
  /** A batch is given up. */
  'produce:failed': {
    readonly topic: string;
    readonly lane: string;
    readonly events: number;
    readonly error: StreamError;
  };
  /**
   * An event that was encoded has its answer: once for each, also for one that had no room or no time. An event that is refused before,
   * by its schema or its key, has only its rejection.
   */
  'produce:settled': {
    readonly topic: string;
    readonly key: Key;
    /** The CloudEvents attributes; absent where the event is none. */
    readonly id?: string;
    readonly type?: string;
    readonly result: 'stored' | 'failed';
    /** Where it was stored; absent where it was not, and where the provider does not tell. */
    readonly partition?: string;
    readonly position?: Position;
    /** Attempts of the batch that it was in; 0 where it was never sent. */
    readonly attempt: number;
    /** From the call of `send` to the answer. */
    readonly ms: number;
    /** Why it failed; its `outcome` says whether it may be stored all the same. */
    readonly error?: StreamError;
  };
  /** A partition was assigned to this consumer. */
  'consume:assigned': Ownership;
  /** A partition was revoked and handed over, with what was settled of it stored. */
  'consume:revoked': Ownership;
  /** A partition was lost: somebody else may have handled some of it. */
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
  /** An attempt failed, and comes again. */
  'consume:retry': Attempt & {
    /** Until its next attempt. */
    readonly delayMs: number;
    /** How long the attempt took. */
    readonly ms: number;
    /** Why it failed, as a letter would say it. */
    readonly code: ErrorCode;
    readonly message: string;
    /** What was thrown, as it is. */
    readonly error: unknown;
  };
  /** An event is settled: once for each. */
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
  /** A position was stored: everything up to it is settled. */
  'consume:commit': Ownership & { readonly position: Position };
  /** A position could not be stored: it is tried again with what settles meanwhile. */
  'consume:commit-failed': Ownership & { readonly error: StreamError };
  /** A dead letter could not be written: its key stays blocked until it is. */
  'consume:dead-letter-failed': Attempt & { readonly error: StreamError };
  /** Retention removed events before they were read. */
  'consume:gap': Ownership & {
    /** How many; `undefined` where the provider cannot tell. */
    readonly missing: number | undefined;
    /** Where the next one was expected, and where the next one is. */
    readonly from: Position;
    readonly to: Position;
  };
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

/** What a producer holds at one time. */
export interface ProducerQueue {
  /** Without an answer. */
  readonly events: number;
  readonly bytes: number;
  /** Sends that wait for room. */
  readonly waiting: number;
}

/** What holds a partition. */
export interface Ownership {
  readonly topic: string;
  /** `undefined` of a replay. */
  readonly group: string | undefined;
  /** The `clientId` of the consumer, `replay` of a replay. */
  readonly member: string;
  readonly partition: string;
  /** A fresh number for each assignment. */
  readonly assignment: number;
}

/** One event, with the attempt that it is about. */
export interface Attempt extends Ownership {
  /** Where it is stored. */
  readonly position: Position;
  readonly key: Key;
  /** The CloudEvents attributes; absent where the event is none. */
  readonly id?: string;
  readonly type?: string;
  /** Calls of the handler so far, from 1; 0 where none was made. */
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
