import type { Typed } from '../data/values.ts';

/** What is written: the key or the value of a record of a topic. A registry files schemas by it. */
export interface WriteTarget {
  readonly topic: string;
  readonly part: 'key' | 'value';
}

/** Bytes to values and back. Both throw `DataError` for what they cannot handle. */
export interface Converter {
  /** The class that was asked for, as dead letters name it. */
  readonly className: string;
  /**
   * Fetches what `read` needs of this payload; `undefined` where it has it. Rejects with `TargetUnavailable` for what passes,
   * with `ConfigError` for what does not.
   */
  prepare?(payload: Uint8Array | null): Promise<void> | undefined;
  read(payload: Uint8Array | null): Typed;
  /** Fetches what `write` needs for this value, as {@link Converter.prepare} does for `read`. */
  prepareWrite?(typed: Typed, target: WriteTarget): Promise<void> | undefined;
  /** `target` is needed by converters with `prepareWrite`. */
  write(typed: Typed, target?: WriteTarget): Uint8Array | null;
}
