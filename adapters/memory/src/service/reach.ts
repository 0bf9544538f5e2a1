import { pause, StreamError } from '@isostream/core/adapter';
import type { MemoryBroker } from './broker.ts';

/** Whether a member reaches the broker, and what goes wrong when it does. */
export class Reach {
  readonly #broker: MemoryBroker;
  readonly #topic: string;
  readonly #group: string;
  #cut: { readonly over: Promise<void>; readonly end: () => void } | undefined;

  constructor(broker: MemoryBroker, topic: string, group: string) {
    this.#broker = broker;
    this.#topic = topic;
    this.#group = group;
  }

  /** `undefined` while no fault is in effect. */
  get back(): Promise<void> | undefined {
    return this.#cut?.over;
  }

  get isCut(): boolean {
    return this.#cut !== undefined;
  }

  /** Nothing passes until the returned function is called. */
  cut(): () => void {
    let end = (): void => undefined;
    const over = new Promise<void>((resolve) => (end = resolve));
    this.#cut = { over, end };
    return () => {
      this.#cut = undefined;
      end();
    };
  }

  /** Waits as the broker's faults say, and throws as they say. */
  async pass(operation: 'read' | 'commit', signal: AbortSignal): Promise<void> {
    await this.back;
    for (const effect of this.#broker.faults.bite(operation, this.#topic, this.#group)) {
      // A lane that is let go meanwhile learns it from what comes next.
      if (effect.kind === 'delay') await pause(effect.ms, signal, this.#broker.clock);
      if (effect.kind === 'fail')
        throw new StreamError(effect.code, `${operation} failed: ${effect.code}`, { where: 'memory' });
    }
  }
}
