/** What happens to a batch that a client sends. */
export type WriteFault =
  /** Nothing is stored and the client is told so, with that condition. */
  | { readonly kind: 'reject'; readonly condition: string; readonly description?: string }
  /** Nothing is stored and the connection breaks. */
  | { readonly kind: 'drop-before-store' }
  /** It is stored and the connection breaks before the client is told. */
  | { readonly kind: 'store-then-drop' }
  /** It is stored, and the client is told that late. */
  | { readonly kind: 'accept-late'; readonly ms: number }
  /** Nothing is stored and nothing is answered. */
  | { readonly kind: 'ignore' };

export interface WriteFaultPlan {
  /** Default: any hub. */
  readonly hub?: string;
  /** Default: any partition. */
  readonly partition?: string;
  /** How many batches it strikes. Default: all, until undone. */
  readonly times?: number;
  /** How many batches pass before. Default 0. */
  readonly after?: number;
  readonly fault: WriteFault;
}

/** The answer of a service that is over its throughput. */
export const serverBusy: WriteFault = {
  kind: 'reject',
  condition: 'com.microsoft:server-busy',
  description:
    'The request was terminated because the namespace is being throttled. Please wait 4 seconds and try again.',
};

interface Planned {
  readonly plan: WriteFaultPlan;
  passed: number;
  struck: number;
}

/** The faults that wait for batches. */
export class WriteFaults {
  readonly #plans = new Map<string, Planned>();
  #next = 0;

  /** The id by which {@link WriteFaults.remove} undoes it. */
  add(plan: WriteFaultPlan): string {
    this.#next += 1;
    const id = String(this.#next);
    this.#plans.set(id, { plan, passed: 0, struck: 0 });
    return id;
  }

  remove(id: string): void {
    this.#plans.delete(id);
  }

  clear(): void {
    this.#plans.clear();
  }

  /** The fault of a batch for that partition, counted. */
  take(hub: string, partition: string): WriteFault | undefined {
    for (const planned of this.#plans.values()) {
      const { plan } = planned;
      if (plan.hub !== undefined && plan.hub.toLowerCase() !== hub.toLowerCase()) continue;
      if (plan.partition !== undefined && plan.partition !== partition) continue;
      if (planned.struck >= (plan.times ?? Infinity)) continue;
      if (planned.passed < (plan.after ?? 0)) {
        planned.passed += 1;
        continue;
      }
      planned.struck += 1;
      return plan.fault;
    }
    return undefined;
  }
}
