import type { BatchResult, InFlightLimits, LaneBatch, Sink } from '../../src/contract/sink.ts';
import { StreamError, type Outcome } from '../../src/errors/stream-error.ts';
import type { EncodedEvent } from '../../src/model/encoded.ts';

export interface Request {
  readonly route: string;
  readonly batches: readonly LaneBatch[];
  readonly signal: AbortSignal;
  /** Stores every batch of the request and answers. */
  ok(): void;
  /** Answers every batch with this error. */
  fail(error: StreamError): void;
  /** Answers each batch with its error, and stores it where there is none. */
  answer(errors: readonly (StreamError | undefined)[]): void;
}

/** A sink whose every answer the test gives. */
export class ScriptedSink implements Sink {
  readonly limits: InFlightLimits;
  maxEventBytes = 1_000;
  keepsStoredTime = true;
  readonly requests: Request[] = [];
  readonly stored: EncodedEvent[] = [];
  readonly abandoned: LaneBatch[] = [];
  openErrors: StreamError[] = [];
  closed = false;

  constructor(limits: Partial<InFlightLimits> = {}) {
    this.limits = {
      requestsPerRoute: 1,
      lanesPerRequest: 100,
      eventsPerLane: 100,
      bytesPerLane: 100_000,
      eventsPerRequest: 1_000,
      bytesPerRequest: 1_000_000,
      ...limits,
    };
  }

  async open(): Promise<void> {
    const error = this.openErrors.shift();
    if (error !== undefined) throw error;
  }

  lane(event: EncodedEvent): string {
    return String(event.key);
  }

  route(): string {
    return 'node';
  }

  write(route: string, batches: readonly LaneBatch[], signal: AbortSignal): Promise<readonly BatchResult[]> {
    return new Promise((resolve) => {
      const fail = (error: StreamError): void => resolve(batches.map(() => error));
      signal.addEventListener('abort', () => fail(sinkError('aborted', 'unknown')));
      const store = ({ lane, events }: LaneBatch): BatchResult =>
        events.map((event) => ({ partition: lane, position: String(this.stored.push(event) - 1) }));
      const ok = (): void => resolve(batches.map(store));
      const answer = (errors: readonly (StreamError | undefined)[]): void =>
        resolve(batches.map((batch, index) => errors[index] ?? store(batch)));
      this.requests.push({ route, batches, signal, ok, fail, answer });
    });
  }

  abandon(batch: LaneBatch): void {
    this.abandoned.push(batch);
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  /** The newest request. */
  get last(): Request {
    const last = this.requests.at(-1);
    if (last === undefined) throw new Error('nothing was written');
    return last;
  }
}

export function sinkError(code: StreamError['code'], outcome: Outcome): StreamError {
  return new StreamError(code, 'scripted', { where: 'sink', outcome });
}
