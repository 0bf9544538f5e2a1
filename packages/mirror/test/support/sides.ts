import { createStreams, defineTopic, type Schema, type Streams } from '@isostream/core';
import { type Adapter, type EncodedEvent, openAdapter } from '@isostream/core/adapter';
import { createMemory, createMemoryBroker } from '@isostream/memory';

interface Order {
  readonly order: string;
  readonly n: number;
}

const anything: Schema<Order> = {
  '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value: value as Order }) },
};

const types = { placed: anything };
const key = ({ data }: { readonly data?: Order | null }): string => String(data?.order);
export const orders = defineTopic('orders', { events: types, key });

/** What becomes of the events of one batch: others in their place, or all of them later than is said. */
export type Distortion = ((events: readonly EncodedEvent[]) => readonly EncodedEvent[]) | 'later';

/** The thirtieth request is written wrongly, and answered as if it were not. */
function distorted(adapter: Adapter, distortion: Distortion): Adapter {
  return {
    ...adapter,
    createSink: (topic) => {
      const sink = adapter.createSink(topic);
      const write = sink.write.bind(sink);
      let requests = 0;
      sink.write = async (route, batches, signal) => {
        if (++requests !== 30) return write(route, batches, signal);
        const wrong = batches.map(({ lane, events }) => ({
          lane,
          events: distortion === 'later' ? events : distortion(events),
        }));
        if (distortion === 'later') setTimeout(() => void write(route, wrong, new AbortController().signal), 60);
        else await write(route, wrong, signal);
        return batches.map(({ events }) => events.map(() => ({ partition: '0', position: '0' })));
      };
      return sink;
    },
  };
}

export interface Side {
  readonly streams: Streams;
  readonly control: ReturnType<typeof createMemory>['control'];
  /** Another client, which may write wrongly once. */
  connect(distortion?: Distortion): Promise<Streams>;
}

/** One provider of two: with other partitions than the other one. */
export async function openSide(partitions: number, headers: 'bytes' | 'none' = 'bytes'): Promise<Side> {
  const broker = createMemoryBroker({ headers, sessionTimeout: 500 });
  const topics = [defineTopic('orders', { events: types, key, partitions })];
  const connect = async (distortion?: Distortion): Promise<Streams> => {
    const memory = openAdapter(createMemory({ broker }));
    const adapter = distortion === undefined ? memory : distorted(memory, distortion);
    return createStreams({ adapter, topics, topology: 'ensure' });
  };
  return { streams: await connect(), control: createMemory({ broker }).control, connect };
}

/** Writes events of these keys, numbered from where they were. */
export function writer(keys: readonly string[]): {
  readonly write: (streams: Streams, count: number) => Promise<void>;
  readonly written: ReadonlyMap<string, number>;
} {
  const written = new Map(keys.map((name) => [name, 0]));
  return {
    written,
    async write(streams, count) {
      const producer = streams.producer(orders);
      for (let round = 0; round < count; round++)
        await Promise.all(
          keys.map((order) => {
            const n = written.get(order) ?? 0;
            written.set(order, n + 1);
            return producer.send({ type: 'placed', data: { order, n }, headers: { trace: `${order}-${n}` } });
          }),
        );
      await producer.close();
    },
  };
}

/** Numbers of each key, where each came first. */
export class Seen {
  readonly numbers = new Map<string, number[]>();
  repeats = 0;

  add({ order, n }: Order): void {
    const known = this.numbers.get(order) ?? [];
    if (known.includes(n)) this.repeats++;
    else this.numbers.set(order, [...known, n]);
  }

  get count(): number {
    return [...this.numbers.values()].reduce((sum, numbers) => sum + numbers.length, 0);
  }
}

export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve));
}

/** A group handles events of one side until it has had so many, or until something is so. */
export async function consume(
  streams: Streams,
  seen: Seen,
  count: number,
  isOver: () => Promise<boolean> = async () => false,
): Promise<void> {
  const consumer = streams.consumer(orders, { group: 'billing', commitInterval: 5, concurrency: 3 });
  const running = consumer.run((event) => {
    if (event.data !== null) seen.add(event.data);
    if (seen.count >= count) void consumer.close();
  });
  if (count === Infinity) {
    await until(isOver);
    await consumer.close();
  }
  await running;
}
