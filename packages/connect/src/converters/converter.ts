import type { Typed } from '../data/values.ts';

/** Bytes to values and back. Both throw `DataError` for what they cannot handle. */
export interface Converter {
  /** The class that was asked for, as dead letters name it. */
  readonly className: string;
  read(payload: Uint8Array | null): Typed;
  write(typed: Typed): Uint8Array | null;
}
