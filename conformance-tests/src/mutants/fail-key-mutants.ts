import { StreamError } from '@isostream/core/adapter';
import { onStreams } from './distortion.ts';
import { withProducerCalls, withProducers } from './distort-streams.ts';
import type { Mutant } from './mutant.ts';

/** Providers whose producers are wrong about the keys of events that failed permanently. */
export const failKeyMutants: readonly Mutant[] = [
  {
    name: 'failed-key-goes-on',
    defect: 'stores what follows an event that failed though its key was to be held back',
    noticedBy: ['send-order/fail-key-holds-a-key-back: what follows it is held back'],
    distort: onStreams(withProducers, (options) => ({ ...options, afterFailure: 'continue' })),
  },
  {
    name: 'every-key-fails',
    defect: 'holds back all keys once an event of one has failed',
    noticedBy: ['send-order/fail-key-holds-a-key-back: what follows it is held back'],
    distort: onStreams(withProducerCalls, (producer) => {
      let hasFailed = false;
      return {
        async send(event, options) {
          if (hasFailed) throw new StreamError('key-failed', 'held back', { where: 'mutant', outcome: 'not-written' });
          try {
            return await producer.send(event, options);
          } catch (error) {
            hasFailed = true;
            throw error;
          }
        },
      };
    }),
  },
  {
    name: 'resumes-every-key',
    defect: 'lets all keys that failed go on where one was resumed',
    noticedBy: ['send-order/fail-key-holds-a-key-back: one key is resumed, and no other'],
    distort: onStreams(withProducerCalls, (producer) => ({
      resumeKey(key) {
        for (const each of ['a', 'b', 'c', key]) producer.resumeKey(each);
      },
    })),
  },
  {
    name: 'resumes-no-key',
    defect: 'keeps holding a key back that was resumed',
    noticedBy: ['send-order/fail-key-holds-a-key-back: one key is resumed, and no other'],
    distort: onStreams(withProducerCalls, () => ({ resumeKey: () => undefined })),
  },
];
