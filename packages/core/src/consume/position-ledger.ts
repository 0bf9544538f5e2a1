import type { Assignment } from '../contract/source.ts';
import type { Position } from '../model/encoded.ts';
import { notOfThisKind } from './engine-errors.ts';
import type { Ledger, Sent } from './ledger.ts';
import type { Task } from './task.ts';
import { Watermark } from './watermark.ts';

/** Of a partition whose position is committed: everything up to the watermark is settled. */
export class PositionLedger implements Ledger {
  readonly #assignment: Assignment;
  readonly #watermark = new Watermark();
  /** The highest number whose handler was ever started: what a drain has to finish. */
  #highestStarted = -1;
  #committed: Position | undefined;
  readonly isEager = false;
  readonly keepsRoom = false;

  constructor(assignment: Assignment) {
    this.#assignment = assignment;
  }

  get isFinished(): boolean {
    return this.#watermark.lowestUnsettled > this.#highestStarted;
  }

  get unsettled(): number {
    return this.#watermark.unsettled;
  }

  get span(): number {
    return this.#watermark.span;
  }

  get hasUnsent(): boolean {
    return this.#watermark.safe !== this.#committed;
  }

  add(position: Position): number {
    return this.#watermark.add(position);
  }

  pass(number: number): void {
    this.#watermark.settle(number);
  }

  start({ number }: Task): void {
    if (number > this.#highestStarted) this.#highestStarted = number;
  }

  settle({ number }: Task): void {
    this.#watermark.settle(number);
  }

  leave(): void {}

  /** Also what was not started below it: the commit cannot pass it. */
  owes({ number }: Task): boolean {
    return number <= this.#highestStarted;
  }

  async send(): Promise<Sent> {
    const position = this.#watermark.safe;
    if (position === undefined) return {};
    const assignment = this.#assignment;
    if (assignment.commit === undefined) throw notOfThisKind(assignment.partition, 'settles single events');
    await assignment.commit({ partition: assignment.partition, position });
    this.#committed = position;
    return { position };
  }

  release(): void {}

  forget(): readonly Task[] {
    return [];
  }
}
