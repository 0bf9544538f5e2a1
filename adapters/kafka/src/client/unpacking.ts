import { WireError } from './wire-error.ts';

/** Something compressed on its way to be unpacked, a piece at a time: all at once would hold up everything else. */
export interface Unpacking {
  /** Goes on for about so many bytes more; `true` once all is there. Throws `malformed`, or `undecodable` beyond the limit. */
  run(budget: number): boolean;
  /** All of it, once there. */
  readonly output: Buffer;
}

export function tooLarge(limit: number): WireError {
  return new WireError(
    'undecodable',
    `unpacks to more than ${limit} bytes. Raise maxUnpackedBytes if you trust the writer`,
    { sent: 'no' },
  );
}
