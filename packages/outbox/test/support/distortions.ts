import { createMemoryLeaseStore } from '@isostream/coordination';
import type { Distortion } from './harness.ts';
import { overStore } from './over-store.ts';

/** The right version. */
export const right: Distortion = { name: 'the right version' };

/** Each is wrong in one way. */
export const distortions: readonly Distortion[] = [
  {
    name: 'removes rows before they are sent',
    store: (store) =>
      overStore(store, {
        read: async (request) => {
          const page = await store.read(request);
          await store.remove(
            page.rows.map(({ seq }) => seq),
            [],
          );
          return page;
        },
      }),
  },
  {
    name: 'goes on before rows are removed',
    store: (store) =>
      overStore(store, {
        remove: async (sent, refused) => void setTimeout(() => void store.remove(sent, refused), 20),
      }),
  },
  {
    name: 'writes events outside of the transaction',
    transact: (database) => (rows) => database.transact(rows, 'commit'),
  },
  {
    name: 'does not share keys with other relays',
    store: (store) => overStore(store, { leases: createMemoryLeaseStore() }),
  },
  {
    name: 'forgets rows that were refused',
    store: (store) =>
      overStore(store, {
        remove: (sent, refused) => store.remove([...sent, ...refused.map(({ seq }) => seq)], []),
      }),
  },
  {
    name: 'goes on with a key whose event failed',
    streams: (streams) => {
      return {
        adapter: streams.adapter,
        admin: streams.admin,
        producer: (topic, options) => streams.producer(topic, { ...options, afterFailure: 'continue' }),
        consumer: (topic, options) => streams.consumer(topic, options),
        replay: (topic, options) => streams.replay(topic, options),
        redrive: (topic, options) => streams.redrive(topic, options),
        discard: (topic, options) => streams.discard(topic, options),
        deadLetters: (topic, options) => streams.deadLetters(topic, options),
        health: () => streams.health(),
        close: (options) => streams.close(options),
        [Symbol.asyncDispose]: () => streams.close(),
      };
    },
  },
  {
    name: 'sends again what it could not remove',
    store: (store) => {
      let isForgotten = false;
      return overStore(store, {
        remove: async (sent, refused) => {
          try {
            if (isForgotten) isForgotten = false;
            else await store.remove(sent, refused);
          } catch (error) {
            // The next call is for the same rows: it does nothing, and they are read again.
            isForgotten = true;
            throw error;
          }
        },
      });
    },
  },
];
