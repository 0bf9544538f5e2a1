const pattern = /^(\d+)(?::(\d{1,9}))?$/;
/** Larger than any number behind the colon. */
const scale = 1_000_000_000n;

/**
 * A number that grows along a partition: positions of events are digits, or digits, a colon and the index in what a service
 * stores as one. Core takes them for opaque; a suite that judges their order cannot. Throws for any other text.
 */
export function placeOnLine(position: string): bigint {
  const match = pattern.exec(position);
  if (match === null)
    throw new Error(
      `position ${JSON.stringify(position)} has no order that the suite knows: give digits, or digits:index`,
    );
  const [, whole = '', index = '0'] = match;
  return BigInt(whole) * scale + BigInt(index);
}
