import {
  retrying,
  type Source,
  type SourceListener,
  type StreamError,
  type Subscription,
  Warnings,
} from '@isostream/core/adapter';
import type { PubSubService } from '../client/service.ts';
import { SubscriptionAssignment } from './assignment.ts';
import { type OpenSubscription, openSubscription } from './subscription.ts';
import { toStreamError } from '../errors.ts';

/** One member of a group: one assignment after the other, each until its leases run out. */
export class PubSubSource implements Source {
  readonly #service: PubSubService;
  readonly #subscription: Subscription;

  constructor(service: PubSubService, subscription: Subscription) {
    this.#service = service;
    this.#subscription = subscription;
  }

  async run(listener: SourceListener, signal: AbortSignal): Promise<void> {
    const subscription = await this.#join(signal);
    while (subscription !== undefined && !signal.aborted) {
      const assignment = new SubscriptionAssignment(this.#service, subscription);
      listener.assigned(assignment);
      listener.ready?.();
      const lost = assignment.lapsed.then((reason) => {
        assignment.abandon();
        listener.lost(assignment, reason);
        return reason;
      });
      if ((await untilEither(lost, signal)) !== 'aborted') continue;
      await listener.revoking(assignment);
      await assignment.handBack();
    }
  }

  /** `undefined` once aborted. */
  async #join(signal: AbortSignal): Promise<OpenSubscription | undefined> {
    const { topic, group } = this.#subscription;
    const open = async (): Promise<OpenSubscription> => {
      try {
        return await openSubscription(this.#service, this.#subscription);
      } catch (thrown) {
        throw toStreamError(thrown, `topic "${topic}"`);
      }
    };
    const what = `topic "${topic}", group "${group}"`;
    return retrying(open, { what, where: 'pubsub', warnings: new Warnings('pubsub'), signal });
  }
}

function untilEither(lost: Promise<StreamError>, signal: AbortSignal): Promise<StreamError | 'aborted'> {
  return new Promise((resolve) => {
    const abort = (): void => resolve('aborted');
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    void lost.then((reason) => {
      signal.removeEventListener('abort', abort);
      resolve(reason);
    });
  });
}
