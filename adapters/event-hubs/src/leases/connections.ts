import { Agent as PlainAgent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import { ContainerClient, newPipeline, type RequestPolicyFactory } from '@azure/storage-blob';

/** Whoever calls tries again, and sooner than the client would. */
const once = { retryOptions: { maxTries: 1 } };

/**
 * The connections to storage that are kept for the next request. Load balancers forget connections many at once and tell no
 * end: each of them would cost one more request the whole of its time. So all that nobody uses are ended when a request on
 * one had no answer. Of a client that was given to us the connections are not ours.
 */
export class StorageConnections {
  readonly #plain = new PlainAgent({ keepAlive: true });
  readonly #secure = new SecureAgent({ keepAlive: true });

  /** The same container, over connections of ours. */
  own({ url, credential }: ContainerClient): ContainerClient {
    const pipeline = newPipeline(credential, once);
    pipeline.factories.push(this.#policy);
    return new ContainerClient(url, pipeline);
  }

  endIdle(): void {
    for (const { freeSockets } of [this.#plain, this.#secure])
      for (const sockets of Object.values(freeSockets)) for (const socket of sockets ?? []) socket.destroy();
  }

  get #policy(): RequestPolicyFactory {
    return {
      create: (next) => ({
        sendRequest: (request) => {
          // One of a proxy stays.
          request.agent ??= request.url.startsWith('https:') ? this.#secure : this.#plain;
          return next.sendRequest(request);
        },
      }),
    };
  }
}
