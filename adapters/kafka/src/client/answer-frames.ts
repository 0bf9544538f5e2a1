import type { WireFailure } from './wire-error.ts';

const sizeBytes = 4;
/** Size and number of the request. */
const headBytes = 8;
/** Larger than any answer to our requests: whoever sends this does not speak Kafka's protocol. */
export const mostBytes: number = 256 * 1_048_576;
/** How an answer begins that is a TLS alert: 21, then the version 3.x. */
const tlsAlert = 0x1503;

/** A connection, as what arrives on it needs it. */
export interface Answered {
  /** Nobody waits for anything any more. */
  isOver(): boolean;
  /** What an answer to that request may have at most; `undefined` for a request that was not made. */
  mostOf(correlationId: number): number | undefined;
  answered(correlationId: number, frame: Buffer): void;
  /** What came cannot be an answer: the connection is over with it. */
  refused(failure: WireFailure, message: string): void;
}

/** Cuts what arrives on a socket into answers. Nothing is waited for that nobody asked for, or that is too much. */
export class AnswerFrames {
  readonly #to: Answered;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #needed = sizeBytes;

  constructor(to: Answered) {
    this.#to = to;
  }

  received(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    while (this.#bytes >= this.#needed && !this.#to.isOver()) {
      const bytes =
        this.#chunks.length === 1 && this.#chunks[0] !== undefined ? this.#chunks[0] : Buffer.concat(this.#chunks);
      const end = this.#endOf(bytes);
      if (end === undefined) return;
      this.#needed = end;
      if (bytes.length < end) {
        this.#chunks = [bytes];
        return;
      }
      const rest = bytes.subarray(end);
      this.#chunks = rest.length > 0 ? [rest] : [];
      this.#bytes = rest.length;
      this.#needed = sizeBytes;
      this.#to.answered(bytes.readInt32BE(sizeBytes), bytes.subarray(headBytes, end));
    }
  }

  /** Where what has to be there next ends: the answer, or its head. `undefined` where the connection ended for it. */
  #endOf(bytes: Buffer): number | undefined {
    const size = bytes.readInt32BE(0);
    if (bytes.readUInt16BE(0) === tlsAlert) this.#to.refused('tls', 'the broker speaks TLS on this port');
    else if (size < sizeBytes || size > mostBytes)
      this.#to.refused('closed', `what answers there does not speak Kafka’s protocol: an answer of ${size} bytes`);
    else if (bytes.length < headBytes) return headBytes;
    else {
      const correlationId = bytes.readInt32BE(sizeBytes);
      const most = this.#to.mostOf(correlationId);
      if (most === undefined)
        this.#to.refused('malformed', `an answer to request ${correlationId}, which was not made`);
      else if (size > most) this.#to.refused('malformed', `an answer of ${size} bytes, more than ${most}`);
      else return sizeBytes + size;
    }
    return undefined;
  }
}
