import { assignments, onStreams } from './distortion.ts';
import { withClose, withConsumers, withDeliveries, withSwallowedBatches } from './distort-streams.ts';
import { hasPositions, type Mutant } from './mutant.ts';

/** Longer than a close takes whose commits nobody waits for. */
const lateMs = 1_000;

/** Providers that close wrongly, or end what fails in another way than was asked. */
export const closingMutants: readonly Mutant[] = [
  {
    name: 'closes-producers-first',
    defect: 'closes the producers of a client before its consumers, whose handlers still send',
    noticedBy: ['close/a-client-closes-in-order: handlers can send to the end'],
    distort: () => ({
      streams: (streams) =>
        withClose(streams, async (producers, options) => {
          await Promise.all(producers.map((producer) => producer.close(options)));
          await streams.close(options);
        }),
    }),
  },
  {
    name: 'client-without-a-deadline',
    defect: 'closes its consumers without the deadline that the client was given',
    noticedBy: [
      'close/a-client-closes-in-order: the deadline reaches every consumer',
      'close/a-client-closes-in-order: time',
    ],
    distort: () => ({ streams: (streams) => withClose(streams, () => streams.close()) }),
  },
  {
    name: 'commits-after-its-close',
    defect: 'says that a commit is stored, and stores it a second later',
    noticedBy: ['close/a-client-closes-in-order: all commits are stored'],
    distort: () =>
      assignments((assignment) => {
        const later = async (work: () => Promise<void> | undefined): Promise<void> => {
          setTimeout(() => void work()?.catch(() => undefined), lateMs);
        };
        return {
          commit: (upTo) => later(() => assignment.commit?.(upTo)),
          settle: (events) => later(() => assignment.settle?.(events)),
        };
      }),
  },
  {
    name: 'letter-instead-of-a-skip',
    defect: 'writes dead letters of events that are to be passed over',
    noticedBy: ['retry/skip-and-stop: no letters'],
    distort: onStreams(withConsumers, {
      options: ({ onFailure, ...options }) => ({
        ...options,
        ...(onFailure === 'skip' ? {} : onFailure === undefined ? {} : { onFailure }),
      }),
    }),
  },
  {
    name: 'partition-order-is-key-order',
    defect: 'keeps the order of keys where that of partitions is asked for',
    noticedBy: ['key-order/ordering-partition: one at a time', 'key-order/ordering-partition: as they are stored'],
    exists: hasPositions,
    distort: onStreams(withConsumers, { options: (options) => ({ ...options, ordering: 'key' }) }),
  },
  {
    name: 'batch-errors-swallowed',
    defect: 'settles a batch whose handler threw',
    noticedBy: ['retry/batches-streams-and-settling-by-hand: a batch that throws comes again'],
    distort: () => ({ streams: withSwallowedBatches }),
  },
  {
    name: 'retry-by-hand-settles',
    defect: 'settles a delivery of a stream that is to be retried',
    noticedBy: ['retry/batches-streams-and-settling-by-hand: what is to be retried comes again'],
    distort: onStreams(withDeliveries, (delivery) => ({ ...delivery, retry: () => delivery.ack() })),
  },
  {
    name: 'order-where-none-is-asked',
    defect: 'keeps events of a key in order though no order is asked for',
    noticedBy: ['key-order/ordering-none: events of a key run beside each other'],
    distort: onStreams(withConsumers, { options: (options) => ({ ...options, ordering: 'key' }) }),
  },
];
