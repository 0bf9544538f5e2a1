import { openAdapter } from '@isostream/core/adapter';
import type { PubSubAdapter, PubSubClients } from '@isostream/pubsub';

/** gRPC's number for RESOURCE_EXHAUSTED. */
const resourceExhausted = 8;

/** Refuses a part of what clients publish, as the service does beyond a quota and its emulator never does. */
export class PubSubThrottling {
  readonly #random: () => number;
  #chance = 0;

  /** `random` returns a number in [0, 1). */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** From now on until undone, of each request with this chance. */
  begin(chance: number): () => void {
    this.#chance = chance;
    return () => {
      this.#chance = 0;
    };
  }

  /** Stands between the adapter, from when it is connected, and Google's client. */
  on(adapter: PubSubAdapter): PubSubAdapter {
    const open = openAdapter(adapter);
    const connect = open.connect.bind(open);
    return Object.assign(adapter, {
      connect: async (signal: AbortSignal): Promise<void> => {
        await connect(signal);
        this.#standBefore(await adapter.native());
      },
    });
  }

  #standBefore({ publisher }: PubSubClients): void {
    const publish: unknown = Reflect.get(publisher, 'publish');
    if (typeof publish !== 'function') throw new Error('a publisher publishes');
    Object.assign(publisher, {
      publish: async (...given: unknown[]): Promise<unknown> => {
        if (this.#random() < this.#chance)
          throw Object.assign(new Error('8 RESOURCE_EXHAUSTED: quota exceeded (made by the suite)'), {
            code: resourceExhausted,
          });
        return Reflect.apply(publish, publisher, given);
      },
    });
  }
}
