import type { Adapter } from '@isostream/core';
import type { Sink, SinkClass } from '../sinks/sink.ts';
import type { RequestGate } from './gate.ts';

/** What a sink did: the fields `key` and `n` of a document that it was given. */
export interface SinkEffect {
  readonly key: string;
  readonly n: number;
}

/** An empty target of a sink, for one scenario. */
export interface SinkTarget {
  /** The properties that lead the sink to it. */
  readonly properties: Readonly<Record<string, string>>;
  /** What it holds, in the order in which it took effect as far as that can be told. */
  effects(): Promise<readonly SinkEffect[]>;
  /** Where every request of the sink passes; absent where there are no requests, as with a file. */
  readonly gate?: RequestGate;
  /** What a crash in the middle of a write leaves: the beginning of a record. Absent where the target writes whole records. */
  readonly tear?: () => Promise<void>;
  close(): Promise<void>;
}

/** A service for one scenario: an in-memory one is quick. It has no topic, and forgets members within a second. */
export interface TestService {
  /** Another client of it. */
  connect(): Adapter;
  /** The members of this client id hear nothing more and say nothing more, as if their process had ended, until the returned function is called. */
  silence(topic: string, group: string, clientId: string): () => void;
  /** Writes fail with `unavailable` until the returned function is called. */
  failWrites(): () => void;
}

/** A sink to be tried, and what it promises. */
export interface SinkSubject {
  readonly sink: SinkClass;
  /** Whether the target holds each record, or the latest of each key. */
  readonly keeps: 'every' | 'latest';
  /** Whether what comes again, also from a former owner, changes nothing. */
  readonly once: boolean;
  /** A value that the target refuses, made of one that it takes; absent where it takes everything. */
  readonly spoil?: (document: Map<string, unknown>) => void;
  /** An empty target. */
  open(): Promise<SinkTarget>;
  service(): TestService;
}

/** A wrong version: the suite has to see that it is one. */
export interface SinkDistortion {
  readonly name: string;
  /** The check that has to see it, on a sink whose effects happen once and whose target can fail. */
  readonly killedBy: string;
  readonly sink: (sink: Sink) => Sink;
}
