import type { Adapter } from '@isostream/core/adapter';

/** The end of a process at one step: from then on none of its calls does anything, and none is answered. */
export class Death {
  readonly #step: string;
  readonly #when: 'before' | 'after';
  #left: number;
  #end = (): void => undefined;
  readonly #buried = new Promise<never>((_, reject) => {
    this.#end = () => reject(new Error('its process has ended'));
  });
  #die = (): void => undefined;
  isDead = false;
  /** Resolves when it dies. */
  readonly died: Promise<void> = new Promise((resolve) => {
    this.#die = resolve;
  });

  constructor(step: string, when: 'before' | 'after', nth = 1) {
    this.#step = step;
    this.#when = when;
    this.#left = nth;
    this.#buried.catch(() => undefined);
  }

  /** One call of the process. */
  async at<T>(step: string, call: () => Promise<T>): Promise<T> {
    if (this.isDead) return this.#buried;
    const isLast = step === this.#step && --this.#left === 0;
    if (isLast && this.#when === 'before') return this.now();
    let answer: T;
    try {
      answer = await call();
    } catch (error) {
      // A call that fails is a call.
      if (isLast || this.isDead) return this.now();
      throw error;
    }
    return isLast || this.isDead ? this.now() : answer;
  }

  /** Its process ends here. */
  now(): Promise<never> {
    this.isDead = true;
    this.#die();
    return this.#buried;
  }

  /** The scenario is over: calls that nobody answered are rejected, so that nothing is left behind. */
  bury(): void {
    this.isDead = true;
    this.#end();
  }

  /** An adapter whose writes are calls of the process. */
  ofWrites(adapter: Adapter): Adapter {
    return {
      ...overAdapter(adapter),
      createSink: (topic) => {
        const sink = adapter.createSink(topic);
        const write = sink.write.bind(sink);
        sink.write = (...given) => this.at('write', () => write(...given));
        return sink;
      },
    };
  }
}

/** An adapter of which single calls can be replaced. */
export function overAdapter(adapter: Adapter): Adapter {
  return {
    name: adapter.name,
    capabilities: adapter.capabilities,
    admin: adapter.admin,
    connect: (signal) => adapter.connect(signal),
    close: () => adapter.close(),
    createSource: (subscription) => adapter.createSource(subscription),
    openRange: (range, signal) => adapter.openRange(range, signal),
    createSink: (topic) => adapter.createSink(topic),
  };
}
