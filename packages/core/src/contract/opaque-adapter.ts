import type { Capabilities } from './capabilities.ts';

/**
 * One provider, as `createKafka(options)` and its siblings return it, for `createStreams` and `connect`. What else it has is between
 * the adapter and isostream, and may change with any version; who writes an adapter finds it in `@isostream/core/adapter`.
 */
export interface Adapter {
  readonly name: string;
  /** Frozen: a promise that an adapter does not make is refused before any I/O. */
  readonly capabilities: Capabilities;
}
