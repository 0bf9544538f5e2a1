import type { Sink } from '../contract/sink.ts';
import { StreamError } from '../errors/stream-error.ts';
import { Warnings } from '../observe/warnings.ts';
import { backoffDelay } from '../retry/backoff.ts';
import { sleep } from '../time/wait.ts';
import type { Outbox } from './outbox.ts';
import type { Batch, Pending } from './pending.ts';
import * as errors from './writer-errors.ts';
import type { WriterParts } from './writer-parts.ts';

/** Opens the sink when somebody needs it, again where its topic was created anew, and gives each event its lane, in order. */
export class Placing {
  readonly #parts: WriterParts;
  readonly #sink: Sink;
  readonly #outbox: Outbox;
  readonly #moved: () => void;
  readonly #warnings: Warnings;
  /** `outdated`: lanes are another topic's by now. What is formed still leaves; then the sink is opened again. */
  #state: 'new' | 'opening' | 'open' | 'outdated' | 'closed' = 'new';
  /** How often in a row events had to be placed anew. */
  #misplaced = 0;
  #opening: Promise<void> | undefined;
  /** Why the sink could not be opened. */
  #closedBy: StreamError | undefined;

  /** `moved` is called when events have their lanes, or have failed. */
  constructor(parts: WriterParts, moved: () => void) {
    this.#parts = parts;
    this.#sink = parts.sink;
    this.#outbox = parts.outbox;
    this.#moved = moved;
    this.#warnings = new Warnings('producer', parts.clock);
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** Whether what is formed may leave. */
  get canSend(): boolean {
    return this.#state === 'open' || this.#state === 'outdated';
  }

  get closedBy(): StreamError | undefined {
    return this.#closedBy;
  }

  add(item: Pending): void {
    if (this.#state === 'open') return this.#place(item);
    this.#outbox.unplaced.push(item.place);
    if (this.#state === 'new') this.#opening = this.#open();
  }

  /** What is in no batch yet gets its lane from the topic as it is then, in its order and before all that comes later. */
  outdate(): void {
    if (this.#state !== 'open') return;
    this.#state = 'outdated';
    this.#putFirst(this.#outbox.batcher.takeWaiting());
  }

  /** The batch's lane is not there any more: its events are the next of their keys. */
  placeAnew(batch: Batch): void {
    this.#misplaced++;
    this.#sink.abandon(batch);
    this.#putFirst(this.#outbox.dissolve(batch));
    this.#outbox.batcher.done(batch);
  }

  /** Something was stored: lanes are as they should be. */
  proven(): void {
    this.#misplaced = 0;
  }

  /** Once nothing is formed any more: else later events of a key could pass earlier ones. */
  openAgain(): void {
    if (this.#state !== 'outdated' || this.#outbox.batcher.hasBatches) return;
    this.#state = 'new';
    if (this.#outbox.unplaced.length > 0) this.#opening = this.#open();
  }

  /** Nothing leaves any more. */
  close(): void {
    this.#state = 'closed';
  }

  /** The last opening of the sink. */
  get opening(): Promise<void> | undefined {
    return this.#opening;
  }

  #putFirst(items: readonly Pending[]): void {
    for (const item of items.toReversed()) this.#outbox.unplaced.unshift(item.place);
  }

  #place(item: Pending): void {
    const { topic } = this.#parts;
    const { maxEventBytes, keepsStoredTime } = this.#sink;
    if (item.eventBytes > maxEventBytes) {
      this.#outbox.answer(item, errors.tooLarge(topic, item.eventBytes, maxEventBytes));
      this.#outbox.failKeys([item]);
    } else if (this.#outbox.failedKeys.has(item.event.key)) this.#outbox.answer(item, errors.keyFailed(item.event.key));
    else if (item.event.timestamp !== undefined && keepsStoredTime === false)
      this.#outbox.answer(item, errors.noStoredTime(topic));
    else this.#outbox.batcher.add(this.#sink.lane(item.event), item);
  }

  async #open(): Promise<void> {
    this.#state = 'opening';
    const { stop } = this.#parts;
    const { unplaced } = this.#outbox;
    if (this.#misplaced > 1) await this.#pause(this.#misplaced);
    for (let failures = 1; unplaced.length > 0 && !stop.signal.aborted; failures++) {
      try {
        await this.#sink.open(stop.signal);
        if (!stop.signal.aborted) this.#opened();
        break;
      } catch (thrown) {
        const error = StreamError.from(thrown, 'producer').withOutcome('not-written');
        this.#closedBy = error;
        if (!error.retryable) {
          this.#failUnplaced(error);
          break;
        }
        this.#warnings.tell(`producer of topic "${this.#parts.topic}": cannot reach the service; retrying`, error);
        await this.#pause(failures);
      }
    }
    if (this.#state === 'opening') this.#state = 'new';
    this.#moved();
  }

  #opened(): void {
    this.#state = 'open';
    this.#closedBy = undefined;
    const { unplaced } = this.#outbox;
    for (let item = unplaced.shift(); item !== undefined; item = unplaced.shift()) this.#place(item);
  }

  #failUnplaced(error: StreamError): void {
    const failed = [...this.#outbox.unplaced];
    for (const item of failed) this.#outbox.answer(item, error);
    this.#outbox.failKeys(failed);
  }

  async #pause(failures: number): Promise<void> {
    const { settings, clock, random, stop } = this.#parts;
    await sleep(clock, backoffDelay(settings.backoff, failures, random), stop.signal).catch(() => undefined);
  }
}
