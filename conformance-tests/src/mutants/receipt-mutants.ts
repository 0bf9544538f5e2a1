import { StreamError, type Written } from '@isostream/core/adapter';
import { answers, onStreams, sinks } from './distortion.ts';
import { withBatchResults } from './distort-streams.ts';
import { failKeyMutants } from './fail-key-mutants.ts';
import { callMutants } from './call-mutants.ts';
import { eventMutants } from './event-mutants.ts';
import type { Mutant } from './mutant.ts';
import { sentenceMutants } from './sentence-mutants.ts';

/** Time enough for a process to die. */
const laterMs = 200;

/** Providers that store everything as they should, and tell the sender something else. */
export const receiptMutants: readonly Mutant[] = [
  {
    name: 'batch-results-reversed',
    defect: 'gives the results of `sendBatch` in reverse order',
    noticedBy: ['send-order/a-large-call-is-split-in-order: receipts name the place'],
    distort: onStreams(withBatchResults, (results) => results.toReversed()),
  },
  {
    name: 'batch-fails-as-a-whole',
    defect: 'gives every event of `sendBatch` the error of the first that failed',
    noticedBy: ['send/each-event-of-a-call-has-its-result: each has its own result'],
    distort: onStreams(withBatchResults, (results) => {
      const failed = results.find(({ ok }) => !ok);
      return failed === undefined ? results : results.map(() => failed);
    }),
  },
  {
    name: 'batch-failures-last',
    defect: 'gives the results of `sendBatch` with those of failed events behind all others',
    noticedBy: ['send/each-event-of-a-call-has-its-result: each has its own result'],
    distort: onStreams(withBatchResults, (results) => [
      ...results.filter(({ ok }) => ok),
      ...results.filter(({ ok }) => !ok),
    ]),
  },
  {
    name: 'receipt-of-another-event',
    defect: 'gives the events of a batch each other’s receipts',
    noticedBy: [
      'no-loss/all-is-handled-once-and-in-order: receipts name the place',
      'send-order/a-large-call-is-split-in-order: receipts name the place',
    ],
    distort: () => answers((result) => (StreamError.is(result) ? result : result.toReversed().map(elsewhere))),
  },
  {
    name: 'acknowledges-before-it-stores',
    defect: 'acknowledges events when they are about to leave',
    noticedBy: ['send/a-producer-crashes: all delivered', 'send/a-producer-crashes: stored once'],
    distort: () =>
      sinks((sink) => ({
        async write(route, batches, signal) {
          setTimeout(() => void sink.write(route, batches, signal), laterMs);
          return batches.map(({ events }) => events.map(() => ({ partition: '0', position: '0' })));
        },
      })),
  },
  ...failKeyMutants,
  ...eventMutants,
  ...sentenceMutants,
  ...callMutants,
];

/** Where a service tells no more than the partition, all events of one answer have the same: another one is named. */
function elsewhere(receipt: Written): Written {
  return receipt.position === undefined && receipt.partition !== undefined
    ? { ...receipt, partition: `not ${receipt.partition}` }
    : receipt;
}
