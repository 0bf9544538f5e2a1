import type { ErrorCode, Outcome } from '@isostream/core/adapter';

export type Operation = 'write' | 'read' | 'commit';

/** A fault that is switched on. */
export interface Fault extends Disposable {
  /** How often it has bitten. */
  readonly hits: number;
  undo(): void;
}

export interface FaultRule {
  readonly operation: Operation;
  /** Any topic or group where absent. */
  readonly topic?: string;
  readonly group?: string;
  /** Bites so often, then no more. */
  readonly times: number;
  readonly effect:
    | { readonly kind: 'fail'; readonly code: ErrorCode; readonly outcome: Outcome }
    | { readonly kind: 'lose-answer' }
    | { readonly kind: 'delay'; readonly ms: number };
}

interface Active {
  readonly rule: FaultRule;
  hits: number;
}

/** The faults of one broker, in the order they were switched on. */
export class Faults {
  readonly #active = new Set<Active>();

  add(rule: FaultRule): Fault {
    const active: Active = { rule, hits: 0 };
    this.#active.add(active);
    const undo = (): void => void this.#active.delete(active);
    return {
      get hits() {
        return active.hits;
      },
      undo,
      [Symbol.dispose]: undo,
    };
  }

  /** Counts and returns what happens to this operation; the same one for the common case of nothing. */
  bite(operation: Operation, topic: string, group?: string): readonly FaultRule['effect'][] {
    if (this.#active.size === 0) return none;
    const effects: FaultRule['effect'][] = [];
    for (const active of this.#active) {
      const { rule } = active;
      const matches =
        rule.operation === operation && (rule.topic ?? topic) === topic && (rule.group ?? group) === group;
      if (!matches || active.hits >= rule.times) continue;
      active.hits++;
      effects.push(rule.effect);
    }
    return effects;
  }
}

const none: readonly FaultRule['effect'][] = [];
