import { type HandlerContext, NonRetryableError } from '@isostream/core';
import { StreamError } from '@isostream/core/adapter';
import { below, type Call, type LoadEvent, seeded } from '@isostream/conformance/checks';
import { timedOutMark } from './marks.ts';
import type { Plan } from './plan.ts';
import type { Process } from './process.ts';
import type { SimulatedService } from './service.ts';

/** An event that fails, or takes too long, is handled at once after so many calls, unless it is poison: every run has an end. */
const patience = 12;

/** What one call of a handler will do. */
interface Fate {
  readonly result: 'ok' | 'retry' | 'reject' | 'hang';
  /** 0: within the call itself. */
  readonly ms: number;
  readonly endsOnAbort: boolean;
}

/** The application's side: handlers whose every call is recorded, and whose fate the seed decides. */
export class Handlers {
  readonly #service: SimulatedService;
  readonly #process: Process;
  readonly #plan: Plan;
  readonly #group: string;
  /** Calls of each event so far, in all processes together. */
  readonly #calls: Map<string, number>;
  /** Assignments that are over for core. */
  readonly #isOver: (assignment: number) => boolean;
  readonly #isPaused: () => boolean;

  constructor(parts: {
    readonly service: SimulatedService;
    readonly process: Process;
    readonly plan: Plan;
    readonly group: string;
    readonly calls: Map<string, number>;
    readonly isOver: (assignment: number) => boolean;
    /** No handler may be started. */
    readonly isPaused: () => boolean;
  }) {
    this.#service = parts.service;
    this.#process = parts.process;
    this.#plan = parts.plan;
    this.#group = parts.group;
    this.#calls = parts.calls;
    this.#isOver = parts.isOver;
    this.#isPaused = parts.isPaused;
  }

  /** For `run` and `stream`: returns, throws, or a promise of that. */
  handle(event: LoadEvent, context: HandlerContext): unknown {
    const run = this.begin(event, context);
    if (run.fate.ms > 0 || run.fate.result === 'hang') return run.play();
    run.end();
    if (run.fate.result !== 'ok') throw run.error();
    return undefined;
  }

  /** The handler of a whole batch throws. */
  throws(): boolean {
    const { turmoil } = this.#service;
    return !turmoil.isHealed && turmoil.random() < this.#plan.handlers.throwing;
  }

  mark(name: string): void {
    if (this.#process.alive) this.#service.turmoil.recorder.mark(name);
  }

  begin(event: LoadEvent, context: HandlerContext): HandlerCall {
    const { turmoil } = this.#service;
    turmoil.step();
    const { topic, partition, position, attempt } = context;
    const assignment = Number(context.fencingToken);
    const { key, seq } = event.data;
    const call = {
      topic,
      group: this.#group,
      member: this.#process.name,
      partition,
      position,
      assignment,
      attempt,
      id: event.id,
      key,
      seq,
    };
    if (this.#process.alive) {
      turmoil.recorder.record({ kind: 'deliver', ...call });
      if (this.#isOver(assignment))
        turmoil.recorder.breach(`${event.id} handed out under assignment ${assignment} after that was let go`);
      if (this.#isPaused()) turmoil.recorder.breach(`${event.id} handed out at ${this.#process.name}, which is paused`);
    }
    return new HandlerCall(this.#service, this.#process, call, this.#fate(event.id), context);
  }

  #fate(id: string): Fate {
    const { seed, handlers } = this.#plan;
    const count = (this.#calls.get(id) ?? 0) + 1;
    this.#calls.set(id, count);
    const isPoison = seeded(hash(`${seed}/${id}`))() < handlers.poison;
    const random = seeded(hash(`${seed}/${id}/${count}`));
    const ms = below(random, handlers.maxMs + 1);
    const endsOnAbort = random() < 0.5;
    const lot = random();
    const { failing, hanging, rejecting } = handlers;
    if (isPoison) return { result: 'retry', ms, endsOnAbort };
    if (count > patience) return { result: 'ok', ms: 0, endsOnAbort };
    if (lot >= failing + hanging + rejecting) return { result: 'ok', ms, endsOnAbort };
    if (lot < failing) return { result: 'retry', ms, endsOnAbort };
    return { result: lot < failing + hanging ? 'hang' : 'reject', ms, endsOnAbort };
  }
}

/** One call that is under way. */
export class HandlerCall {
  readonly fate: Fate;
  readonly #service: SimulatedService;
  readonly #process: Process;
  readonly #call: Call;
  readonly #context: HandlerContext;
  #isOver = false;

  constructor(service: SimulatedService, process: Process, call: Call, fate: Fate, context: HandlerContext) {
    this.#service = service;
    this.#process = process;
    this.#call = call;
    this.fate = fate;
    this.#context = context;
  }

  /** Takes its time, then ends as it must. */
  async play(): Promise<void> {
    await this.wait();
    this.end();
    if (this.fate.result !== 'ok') throw this.error();
  }

  /** The call's own time; for ever, if it hangs and does not mind its signal. */
  async wait(): Promise<void> {
    const { turmoil } = this.#service;
    const { ms, result, endsOnAbort } = this.fate;
    // Asked for by those that take time only: most signals of a real service are never made either.
    const { signal } = this.#context;
    await new Promise<void>((resolve) => {
      const abort = (): void => {
        const reason: unknown = signal.reason;
        // A timeout ends the attempt for everybody, whatever the handler still does.
        if (StreamError.is(reason) && reason.code === 'handler-timeout') {
          turmoil.recorder.mark(timedOutMark(this.#call.id));
          this.end('retry');
        }
        if (endsOnAbort) resolve();
      };
      if (signal.aborted) abort();
      else signal.addEventListener('abort', abort, { once: true });
      if (result !== 'hang') turmoil.clock.timer(ms, resolve);
    });
    turmoil.step();
    await turmoil.hops(below(turmoil.random, 3));
  }

  /** Recorded once, and only while the process lives. */
  end(result: 'ok' | 'retry' | 'reject' = this.fate.result === 'hang' ? 'retry' : this.fate.result): void {
    if (this.#isOver || !this.#process.alive) return;
    this.#isOver = true;
    this.#service.turmoil.recorder.record({ kind: 'settle', result, ...this.#call });
  }

  error(): Error {
    if (this.fate.result === 'reject') return new NonRetryableError('this event is refused');
    return new Error('this call fails');
  }
}

function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return value >>> 0;
}
