import type { Adapter } from '@isostream/core/adapter';
import { overStore, type TestStore } from './over-store.ts';

type Step = 'read' | 'remove' | 'write' | 'replace';

/** The end of a process at one step: from then on none of its calls does anything, and none is answered. */
export class Death {
  readonly #step: Step;
  readonly #when: 'before' | 'after';
  #left: number;
  isDead = false;

  constructor(step: Step, when: 'before' | 'after', nth = 1) {
    this.#step = step;
    this.#when = when;
    this.#left = nth;
  }

  of(store: TestStore): TestStore {
    const { leases } = store;
    return overStore(store, {
      read: (request) => this.#at('read', () => store.read(request)),
      remove: (sent, refused) => this.#at('remove', () => store.remove(sent, refused)),
      leases: {
        list: (signal) => this.#at(undefined, () => leases.list(signal)),
        read: (partition, signal) => this.#at(undefined, () => leases.read(partition, signal)),
        create: (lease, signal) => this.#at(undefined, () => leases.create(lease, signal)),
        replace: (lease, counter, signal) => this.#at('replace', () => leases.replace(lease, counter, signal)),
        delete: (partition, counter, signal) => this.#at(undefined, () => leases.delete(partition, counter, signal)),
      },
    });
  }

  ofAdapter(adapter: Adapter): Adapter {
    return {
      name: adapter.name,
      capabilities: adapter.capabilities,
      admin: adapter.admin,
      connect: (signal) => adapter.connect(signal),
      close: () => adapter.close(),
      createSource: (subscription) => adapter.createSource(subscription),
      openRange: (range, signal) => adapter.openRange(range, signal),
      createSink: (topic) => {
        const sink = adapter.createSink(topic);
        const write = sink.write.bind(sink);
        sink.write = (...given) => this.#at('write', () => write(...given));
        return sink;
      },
    };
  }

  async #at<T>(step: Step | undefined, call: () => Promise<T>): Promise<T> {
    const never = new Promise<T>(() => undefined);
    if (this.isDead) return never;
    const isLast = step === this.#step && --this.#left === 0;
    if (isLast && this.#when === 'before') {
      this.isDead = true;
      return never;
    }
    const answer = await call();
    if (isLast) this.isDead = true;
    return this.isDead ? never : answer;
  }
}
