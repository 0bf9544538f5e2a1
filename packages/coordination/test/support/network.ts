import { type Clock, sleep, StreamError } from '@isostream/core/adapter';
import type { Lease } from '../../src/lease.ts';
import type { LeaseStore } from '../../src/lease-store.ts';
import type { Gate } from './gate.ts';
import type { Entry } from './history.ts';

export interface Weather {
  /** The service refuses everything. */
  isDown: boolean;
  /** How many calls of a hundred go wrong. */
  trouble: number;
}

/** The way from one member to the store: takes time, loses answers, delivers late. */
export function throughNetwork(
  store: LeaseStore,
  { clock, gate, weather, random }: { clock: Clock; gate: Gate; weather: Weather; random: () => number },
): LeaseStore {
  const where = 'store';
  async function send<T>(call: () => Promise<T>): Promise<T> {
    await sleep(clock, 1 + random() * 10);
    if (weather.isDown) throw new StreamError('unavailable', 'down', { where });
    const fate = random() * 100;
    if (fate < weather.trouble / 3) throw new StreamError('throttled', 'slow down', { where });
    if (fate < (weather.trouble * 2) / 3) {
      // It arrives when nobody expects it any more.
      clock.timer(random() * 3_000, () => void call());
      throw new StreamError('timeout', 'no answer yet', { where });
    }
    const answer = await call();
    await sleep(clock, 1 + random() * 10);
    if (fate < weather.trouble) throw new StreamError('timeout', 'the answer was lost', { where });
    return answer;
  }
  function arrive<T>(call: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      send(call).then(
        (answer) => gate.pass(() => resolve(answer)),
        (error: unknown) => gate.pass(() => reject(StreamError.from(error, where))),
      );
    });
  }
  const { signal } = new AbortController();
  return {
    list: () => arrive(() => store.list(signal)),
    read: (partition) => arrive(() => store.read(partition, signal)),
    create: (lease) => arrive(() => store.create(lease, signal)),
    replace: (next, counter) => arrive(() => store.replace(next, counter, signal)),
    delete: (partition, counter) => arrive(() => store.delete(partition, counter, signal)),
  };
}

/** The same store; what it does to leases is written down. */
export function recorded(store: LeaseStore, history: Entry[]): LeaseStore {
  const current = new Map<string, Lease>();
  return {
    ...store,
    async create(lease, signal) {
      const isNew = await store.create(lease, signal);
      if (isNew) current.set(lease.partition, lease);
      return isNew;
    },
    async replace(next, counter, signal) {
      const isReplaced = await store.replace(next, counter, signal);
      const before = current.get(next.partition);
      if (isReplaced && before !== undefined) {
        current.set(next.partition, next);
        history.push({ kind: 'written', before, next });
      }
      return isReplaced;
    },
    async delete(partition, counter, signal) {
      const isDeleted = await store.delete(partition, counter, signal);
      if (isDeleted) current.delete(partition);
      return isDeleted;
    },
  };
}
