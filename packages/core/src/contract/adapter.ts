import type { Admin } from './admin.ts';
import type { Adapter as OpaqueAdapter } from './opaque-adapter.ts';
import type { Sink } from './sink.ts';
import type { OpenRange, Range, Source, Subscription } from './source.ts';

/**
 * One provider, as `createKafka(options)` and its siblings return it: a value, no registry, no global.
 * An adapter moves bytes and positions. It has no keyed scheduling, no retry policy, no dead letters, no batching, no
 * watermark: those exist once, in core, and mean the same on every provider.
 */
export interface Adapter extends OpaqueAdapter {
  readonly admin: Admin;
  /** Constructing does no I/O. */
  createSink(topic: string): Sink;
  /** One group member on one topic. */
  createSource(subscription: Subscription): Source;
  /**
   * A bounded read without a group: finds where each partition's part begins and ends now. Core then reads the cursors.
   * Rejects with `unsupported` where capabilities say so, and with whatever fails: core tries again what is retryable. One that
   * rejects has let go of what it held; once the signal is aborted it does so soon.
   */
  openRange(range: Range, signal: AbortSignal): Promise<OpenRange>;
  /** Proves that the service answers and the credentials are taken. Throws the code that says why not. */
  connect(signal?: AbortSignal): Promise<void>;
  /** Closes connections that sinks and sources share. Idempotent. */
  close(): Promise<void>;
}
