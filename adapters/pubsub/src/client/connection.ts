import { v1 } from '@google-cloud/pubsub';
import { type CallOptions, type ClientOptions, googleAuthLibrary, grpc } from 'google-gax';
import { bounded, StreamError, untilAborted, Warnings } from '@isostream/core/adapter';
import type { PubSubClients } from './clients.ts';
import { isStuck } from './connecting.ts';
import { Credential } from './credential.ts';
import { status, statusOf } from '../errors.ts';
import type { PubsubMessage, ReceivedMessage } from '../message.ts';
import { learnFromSnapshot } from './emulator-clock.ts';
import { isClock, Names } from '../names.ts';
import type { PubSubSettings } from '../options.ts';
import type { PubSubService, SubscriptionInfo, TopicInfo } from './service.ts';
import { ServiceClock } from './service-clock.ts';

interface OpenClients extends PubSubClients {
  readonly names: Names;
  readonly credential: Credential | undefined;
  /** True once one of them does not get a connection; false when they are closed. */
  readonly stuck: Promise<boolean>;
}

/** What the emulator takes off a call's deadline for its answer. */
const answerMs = 1_000;
/** A service that comes back is found again within seconds; the default goes up to two minutes. */
const reconnecting = { 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 2_000 };
/** The emulator fills a new subscription with all that its topic holds before it answers. */
const fillingMs = 60_000;
/**
 * While calls are under way the other end is asked so often whether it is there. A call that runs into its deadline says
 * nothing of the connection, which would else look alive for a quarter of an hour after a load balancer forgot it. Google's
 * front ends take pings no more often (googleapis/java-bigtable#528).
 */
const pingEveryMs = 30_000;
const scope = 'https://www.googleapis.com/auth/pubsub';

/**
 * The generated clients are used rather than `PubSub`: its publisher splits a key's events over several requests when many
 * wait, and its listener neither waits for handlers nor bounds what it holds.
 */
export class Connection implements PubSubService {
  readonly settings: PubSubSettings;
  readonly #warnings = new Warnings('pubsub');
  readonly #clock = new ServiceClock();
  #clients: Promise<OpenClients> | undefined;
  #looked: Promise<boolean> | undefined;
  readonly #closing = new AbortController();

  constructor(settings: PubSubSettings) {
    this.settings = settings;
  }

  get isEmulator(): boolean {
    return this.settings.emulator !== undefined;
  }

  /** Google's clients, for what isostream does not cover. */
  async clients(): Promise<PubSubClients> {
    return this.#open();
  }

  async names(): Promise<Names> {
    return (await this.#open()).names;
  }

  /** Of the service itself every answer tells it; an emulator is asked once. */
  async now(): Promise<number> {
    if (this.isEmulator) {
      this.#looked ??= this.#call((clients, options) =>
        learnFromSnapshot(this.#clock, clients, clients.names, options),
      );
      if (!(await this.#looked)) this.#looked = undefined;
    }
    return this.#clock.now();
  }

  /** Resolves when the service has answered; being refused the list is an answer as well. */
  async ping(): Promise<void> {
    await this.#call(({ publisher, names }, options) =>
      publisher.listTopics({ project: names.project, pageSize: 1 }, { ...options, autoPaginate: false }),
    ).catch((error: unknown) => {
      if (statusOf(error) !== status.permissionDenied) throw error;
    });
  }

  async publish(topic: string, messages: PubsubMessage[]): Promise<readonly string[]> {
    const [response] = await this.#call(({ publisher }, options) =>
      // The default waits 10 ms, and merges calls of different keys into one request, which the service refuses.
      publisher.publish({ topic, messages }, { ...options, isBundling: false }),
    );
    return response.messageIds ?? [];
  }

  /** Never cancelled: the emulator's would live on and swallow events. */
  async pull(subscription: string, maxMessages: number): Promise<readonly ReceivedMessage[]> {
    const { subscriber, credential } = await this.#open();
    await credential?.ask(this.settings.pullWaitMs + answerMs);
    try {
      const [response] = await subscriber.pull(
        { subscription, maxMessages },
        { retry: null, timeout: this.settings.pullWaitMs + answerMs },
      );
      return response.receivedMessages ?? [];
    } catch (error) {
      if (statusOf(error) === status.deadlineExceeded) return [];
      throw error;
    }
  }

  async pullNow(subscription: string, maxMessages: number): Promise<readonly ReceivedMessage[]> {
    const [response] = await this.#call(({ subscriber }, options) =>
      subscriber.pull({ subscription, maxMessages, returnImmediately: true }, options),
    );
    return response.receivedMessages ?? [];
  }

  async acknowledge(subscription: string, ackIds: string[]): Promise<void> {
    await this.#call(({ subscriber }, options) => subscriber.acknowledge({ subscription, ackIds }, options));
  }

  async modifyAckDeadline(
    subscription: string,
    ackIds: string[],
    ackDeadlineSeconds: number,
    timeoutMs: number,
  ): Promise<void> {
    await this.#call(
      ({ subscriber }, options) => subscriber.modifyAckDeadline({ subscription, ackIds, ackDeadlineSeconds }, options),
      timeoutMs,
    );
  }

  async createTopic(topic: TopicInfo): Promise<void> {
    await this.#call(({ publisher }, options) => publisher.createTopic(topic, options));
  }

  async updateTopic(topic: TopicInfo, paths: string[]): Promise<void> {
    await this.#call(({ publisher }, options) => publisher.updateTopic({ topic, updateMask: { paths } }, options));
  }

  async getTopic(topic: string): Promise<TopicInfo> {
    const [found] = await this.#call(({ publisher }, options) => publisher.getTopic({ topic }, options));
    return found;
  }

  async deleteTopic(topic: string): Promise<void> {
    await this.#call(({ publisher }, options) => publisher.deleteTopic({ topic }, options));
  }

  async listTopics(): Promise<readonly TopicInfo[]> {
    const [found] = await this.#call(({ publisher, names }, options) =>
      publisher.listTopics({ project: names.project }, options),
    );
    return found.filter(({ name }) => !isClock(name ?? ''));
  }

  async listSubscriptions(topic: string): Promise<readonly string[]> {
    const [found] = await this.#call(({ publisher }, options) => publisher.listTopicSubscriptions({ topic }, options));
    return found;
  }

  async listAllSubscriptions(): Promise<readonly SubscriptionInfo[]> {
    const [found] = await this.#call(({ subscriber, names }, options) =>
      subscriber.listSubscriptions({ project: names.project }, options),
    );
    return found;
  }

  async createSubscription(subscription: SubscriptionInfo): Promise<SubscriptionInfo> {
    const [made] = await this.#call(
      ({ subscriber }, options) => subscriber.createSubscription(subscription, options),
      Math.max(this.settings.requestTimeoutMs, fillingMs),
    );
    return made;
  }

  async getSubscription(subscription: string): Promise<SubscriptionInfo> {
    const [found] = await this.#call(({ subscriber }, options) =>
      subscriber.getSubscription({ subscription }, options),
    );
    return found;
  }

  async updateSubscription(subscription: SubscriptionInfo, paths: string[]): Promise<void> {
    await this.#call(({ subscriber }, options) =>
      subscriber.updateSubscription({ subscription, updateMask: { paths } }, options),
    );
  }

  async deleteSubscription(subscription: string): Promise<void> {
    await this.#call(({ subscriber }, options) => subscriber.deleteSubscription({ subscription }, options));
  }

  async seek(subscription: string, toMs: number): Promise<void> {
    const time = { seconds: Math.floor(toMs / 1_000), nanos: (toMs % 1_000) * 1e6 };
    await this.#call(({ subscriber }, options) => subscriber.seek({ subscription, time }, options));
  }

  async close(): Promise<void> {
    this.#closing.abort(closed());
    const opened = this.#clients;
    this.#clients = undefined;
    await closeClients(opened);
  }

  async #call<T>(
    call: (clients: OpenClients, options: CallOptions) => Promise<T>,
    timeoutMs = this.settings.requestTimeoutMs,
  ): Promise<T> {
    const otherArgs = this.isEmulator ? {} : { options: { interceptors: [this.#clock.interceptor] } };
    const clients = await this.#open();
    await clients.credential?.ask(timeoutMs);
    return call(clients, { retry: null, timeout: timeoutMs, otherArgs });
  }

  #open(): Promise<OpenClients> {
    if (this.#closing.signal.aborted) return Promise.reject(closed());
    if (this.#clients === undefined) {
      const opened = openClients(this.settings, this.#closing.signal);
      opened.catch(() => {
        if (this.#clients === opened) this.#clients = undefined;
      });
      this.#clients = opened;
      void this.#renewIfStuck(opened);
    }
    return this.#clients;
  }

  /** An established connection is gRPC's to look after; one that is never established is given up here. */
  async #renewIfStuck(opened: Promise<OpenClients>): Promise<void> {
    const gaveUp = await opened.then(({ stuck }) => stuck).catch(() => false);
    if (!gaveUp || this.#clients !== opened) return;
    this.#clients = undefined;
    this.#warnings.tell('connecting timed out; opening another connection');
    await closeClients(opened);
  }
}

async function openClients(settings: PubSubSettings, signal: AbortSignal): Promise<OpenClients> {
  const { emulator, projectId } = settings;
  const options: ClientOptions = {
    ...reconnecting,
    'grpc.keepalive_time_ms': pingEveryMs,
    'grpc.keepalive_timeout_ms': settings.requestTimeoutMs,
    // Else new clients with equal options wait for the same connection as those that were given up.
    'grpc.use_local_subchannel_pool': 1,
    ...(projectId === undefined ? {} : { projectId }),
    ...(emulator === undefined ? serviceOptions(settings) : emulatorOptions(emulator)),
  };
  const subscriber = new v1.SubscriberClient(options);
  const credential = emulator === undefined ? new Credential(subscriber.auth, settings) : undefined;
  // Asked before anything else: a client that finds none while it connects rejects a promise that nobody sees.
  if (credential !== undefined) await untilAborted(credential.ask(settings.requestTimeoutMs), signal);
  const project = projectId ?? (await untilAborted(projectOf(subscriber, settings), signal));
  const names = new Names(project, settings.subscription);
  const publisher = new v1.PublisherClient(options);
  const stuck = Promise.race([subscriber, publisher].map((client) => isStuck(client, settings.connectTimeoutMs)));
  return { subscriber, publisher, names, credential, stuck };
}

/** Whoever is asked for it may as well say nothing. */
function projectOf(subscriber: v1.SubscriberClient, { requestTimeoutMs }: PubSubSettings): Promise<string> {
  return bounded('the look-up of projectId', () => subscriber.getProjectId(), requestTimeoutMs);
}

function closed(): StreamError {
  return new StreamError('closed', 'the adapter is closed', { where: 'pubsub', outcome: 'not-written' });
}

function serviceOptions({ apiEndpoint, credentials, authClient }: PubSubSettings): ClientOptions {
  const own =
    credentials &&
    new googleAuthLibrary.JWT({ email: credentials.client_email, key: credentials.private_key, scopes: [scope] });
  const client = authClient ?? own;
  return {
    ...(apiEndpoint === undefined ? {} : { apiEndpoint }),
    ...(client === undefined ? {} : { authClient: client }),
  };
}

function emulatorOptions({ host, port }: NonNullable<PubSubSettings['emulator']>): ClientOptions {
  return {
    servicePath: host,
    port,
    sslCreds: grpc.credentials.createInsecure(),
    // Without any the client looks for credentials of the machine all the same.
    authClient: new googleAuthLibrary.PassThroughClient(),
  };
}

async function closeClients(opened: Promise<PubSubClients> | undefined): Promise<void> {
  const clients = await opened?.catch(() => undefined);
  await Promise.all([clients?.publisher.close(), clients?.subscriber.close()]);
}
