/** Longer text is made anew each time. */
const mostBytes = 40;

/**
 * Texts that come again and again, as header names and keys do: comparing bytes with the last text of the same hash costs
 * less than making it. One entry a slot, so it never grows.
 */
export class TextCache {
  readonly #slots: string[];

  constructor(slots: number) {
    this.#slots = Array.from({ length: slots }, () => '');
  }

  /** The text of these bytes; `undefined` where they are not short ASCII. */
  read(bytes: Buffer, start: number = 0, end: number = bytes.length): string | undefined {
    if (end - start > mostBytes) return undefined;
    let hash = end - start;
    for (let at = start; at < end; at++) {
      const byte = bytes[at] ?? 0;
      if (byte > 127) return undefined;
      hash = (Math.imul(hash, 31) + byte) & 0x3fff_ffff;
    }
    const slot = (hash ^ (hash >>> 15)) & (this.#slots.length - 1);
    const known = this.#slots[slot];
    if (known !== undefined && isSame(known, bytes, start, end)) return known;
    return (this.#slots[slot] = bytes.toString('latin1', start, end));
  }
}

function isSame(text: string, bytes: Buffer, start: number, end: number): boolean {
  if (text.length !== end - start) return false;
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) !== bytes[start + index]) return false;
  return true;
}
