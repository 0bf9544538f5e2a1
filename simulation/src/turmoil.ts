import { below, type Random } from '@isostream/conformance/checks';
import type { SimulatedClock } from './clock.ts';
import { type Fault, type FaultKind, momentFaults } from './plan.ts';
import type { Process } from './process.ts';
import type { Recorder } from './recorder.ts';

/** A run that takes more steps than this goes round in circles. */
const maxSteps = 20_000;
const moments: ReadonlySet<FaultKind> = new Set(momentFaults);
/** What a dead process waits for. */
export const never: Promise<never> = new Promise(() => undefined);

/**
 * Where all uncertainty comes from. Each call of the simulated service and each handler passes here several times; every
 * pass is a step, may take time, and is a place where the next fault can strike.
 */
export class Turmoil {
  readonly random: Random;
  readonly clock: SimulatedClock;
  readonly recorder: Recorder;
  readonly #slowness: number;
  readonly #due: Fault[];
  readonly #charges = new Map<FaultKind, { readonly ms: number }[]>();
  /** Does what a fault of one moment does. */
  strike: (fault: Fault) => void = () => undefined;
  #steps = 0;
  #healed = false;

  constructor(clock: SimulatedClock, random: Random, recorder: Recorder, faults: readonly Fault[], slowness: number) {
    this.clock = clock;
    this.random = random;
    this.recorder = recorder;
    this.#slowness = slowness;
    this.#due = faults.toSorted((a, b) => b.step - a.step);
  }

  get steps(): number {
    return this.#steps;
  }

  get isRunaway(): boolean {
    return this.#steps > maxSteps;
  }

  get isHealed(): boolean {
    return this.#healed;
  }

  /** From now on nothing goes wrong. */
  heal(): void {
    this.#healed = true;
    this.#due.length = 0;
    this.#charges.clear();
  }

  /** One step: faults that are due strike a few promise callbacks from here. */
  step(): void {
    this.#steps++;
    for (let fault = this.#due.at(-1); fault !== undefined && fault.step <= this.#steps; fault = this.#due.at(-1)) {
      this.#due.pop();
      this.#begin(fault);
    }
  }

  #begin(fault: Fault): void {
    void this.hops(fault.hops).then(() => {
      if (this.#healed) return;
      if (moments.has(fault.kind)) return this.strike(fault);
      const charges = this.#charges.get(fault.kind) ?? [];
      this.#charges.set(fault.kind, charges);
      for (let count = 0; count < fault.count; count++) charges.push({ ms: fault.ms });
    });
  }

  /** Whether this call is to meet that fault; it is recorded as bitten. */
  meets(kind: FaultKind): { readonly ms: number } | undefined {
    const charge = this.#charges.get(kind)?.pop();
    if (charge !== undefined) this.recorder.bite(kind);
    return charge;
  }

  /** A process waits for something outside of it; if it dies meanwhile it waits for ever. */
  async pass(process: Process, ms: number = this.latency()): Promise<void> {
    await this.travel(ms);
    if (!process.alive) await never;
  }

  /** What has left a process goes on, whether that lives or not. */
  async travel(ms: number = this.latency()): Promise<void> {
    this.step();
    if (this.isRunaway) await never;
    if (ms > 0) await new Promise<void>((resolve) => this.clock.timer(ms, resolve));
    else await this.hops(below(this.random, 4));
  }

  /** 0 stands for some promise callbacks and no time. */
  latency(): number {
    if (this.random() >= this.#slowness) return 0;
    return this.random() < 0.8 ? 1 + below(this.random, 5) : 1 + below(this.random, 50);
  }

  async hops(count: number): Promise<void> {
    for (let hop = 0; hop < count; hop++) await Promise.resolve();
  }
}
