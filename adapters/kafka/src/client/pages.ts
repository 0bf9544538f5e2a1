/** As Node's own pool for small buffers. */
const pageBytes = 8_192;
/** A larger record has a page of its own. */
const largeBytes = 2_048;

/**
 * Bytes of records, copied a page at a time: a view of the answer itself would keep all of it alive as long as its slowest
 * event, and a copy for each event costs more than all the rest of decoding.
 */
export class Pages {
  readonly #bytes: Buffer;
  #page: Buffer;
  #start = 0;
  #end = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#page = bytes;
  }

  /** What follows is a view of this stretch. */
  hold(start: number, end: number): void {
    if (start >= this.#start && end <= this.#end) return;
    const size = end - start > largeBytes ? end - start : Math.min(pageBytes, this.#bytes.length - start);
    this.#start = start;
    this.#end = start + size;
    this.#page = Buffer.from(this.#bytes.subarray(start, this.#end));
  }

  view(start: number, end: number): Buffer {
    return this.#page.subarray(start - this.#start, end - this.#start);
  }
}
