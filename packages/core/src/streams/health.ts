import type { TopicConsumer } from '../consume/consumer.ts';
import type { Adapter } from '../contract/adapter.ts';
import { StreamError } from '../errors/stream-error.ts';
import type { TopicProducer } from '../produce/producer.ts';
import type { Clock } from '../time/clock.ts';
import { untilAborted } from '../time/wait.ts';
import type { ConsumerHealth, Health, ProducerHealth, ServiceHealth } from './types.ts';

/** The service is asked at most this often, in milliseconds: probes of several kinds come together. */
const freshMs = 1_000;
/** An answer that takes longer is none, in milliseconds: a probe has a timeout of its own. */
const patienceMs = 2_000;

/** Errors that say that nobody is there, or lets us in. After any other the service has answered. */
const away: ReadonlySet<string> = new Set(['unavailable', 'timeout', 'unauthenticated', 'tls', 'closed', 'aborted']);

/** Whether the error says that nobody is there, or lets us in. */
export function isAway({ code }: StreamError): boolean {
  return away.has(code);
}

export type WatchedConsumer = Pick<
  TopicConsumer<unknown>,
  'state' | 'hasJoined' | 'assignments' | 'inFlight' | 'failure' | 'handlers'
>;
export type WatchedProducer = Pick<TopicProducer<unknown>, 'buffered' | 'lastError'>;

export interface Watched {
  readonly consumers: ReadonlyMap<WatchedConsumer, { readonly topic: string; readonly group: string }>;
  readonly producers: ReadonlyMap<WatchedProducer, string>;
}

/** Says how a client is: what it knows of its consumers and producers, and whether the service answers. */
export class HealthCheck {
  readonly #adapter: Adapter;
  readonly #topic: string | undefined;
  readonly #clock: Clock;
  /** Called when the service has gone away, with why, and when it is back. */
  readonly #changed: (error: StreamError | undefined) => void;
  #wasReachable = true;
  #asked: { readonly at: number; readonly answer: Promise<ServiceHealth> } | undefined;

  constructor(
    adapter: Adapter,
    topic: string | undefined,
    clock: Clock,
    changed: (error: StreamError | undefined) => void = () => undefined,
  ) {
    this.#changed = changed;
    this.#adapter = adapter;
    this.#topic = topic;
    this.#clock = clock;
  }

  async health(watched: Watched, isOpen: boolean): Promise<Health> {
    const service: ServiceHealth = isOpen ? await this.#service() : { reachable: false };
    const consumers = [...watched.consumers].map(([consumer, names]) => consumerHealth(consumer, names));
    const producers = [...watched.producers].map(([producer, topic]) => producerHealth(producer, topic));
    const isReady = ({ state }: ConsumerHealth): boolean => state !== 'joining' && state !== 'failed';
    const hasStarted = ({ state, hasJoined }: WatchedConsumer): boolean =>
      hasJoined || (state !== 'joining' && state !== 'failed');
    return {
      live: consumers.every(({ state, stuck }) => state !== 'failed' && !stuck),
      ready: isOpen && service.reachable && consumers.every(isReady),
      started: [...watched.consumers.keys()].every(hasStarted),
      service,
      consumers,
      producers,
    };
  }

  #service(): Promise<ServiceHealth> {
    const now = this.#clock.monotonic();
    if (this.#asked === undefined || now - this.#asked.at > freshMs)
      this.#asked = { at: now, answer: this.#ask().then((answer) => this.#compared(answer)) };
    return this.#asked.answer;
  }

  #compared(answer: ServiceHealth): ServiceHealth {
    if (answer.reachable !== this.#wasReachable) this.#changed(answer.reachable ? undefined : answer.error);
    this.#wasReachable = answer.reachable;
    return answer;
  }

  async #ask(): Promise<ServiceHealth> {
    const late = new AbortController();
    const timeout = new StreamError('timeout', `the service did not answer within ${patienceMs} ms`, {
      where: this.#adapter.name,
    });
    const cancel = this.#clock.timer(patienceMs, () => late.abort(timeout));
    const { admin } = this.#adapter;
    try {
      const asked: Promise<unknown> =
        this.#topic === undefined ? admin.listTopics(late.signal) : admin.describeTopic(this.#topic, late.signal);
      await untilAborted(asked, late.signal);
      return { reachable: true };
    } catch (thrown) {
      const error = StreamError.from(thrown, this.#adapter.name);
      return { reachable: !isAway(error), error };
    } finally {
      cancel();
    }
  }
}

function consumerHealth(
  consumer: WatchedConsumer,
  names: { readonly topic: string; readonly group: string },
): ConsumerHealth {
  const { state, assignments, inFlight, failure, handlers } = consumer;
  return {
    ...names,
    state,
    partitions: assignments.length,
    inFlight: inFlight.events,
    oldestHandlerMs: handlers.oldestMs,
    stuck: handlers.isStuck,
    ...(failure === undefined ? {} : { lastError: failure }),
  };
}

function producerHealth({ buffered, lastError }: WatchedProducer, topic: string): ProducerHealth {
  return {
    topic,
    state: buffered.waiting > 0 ? 'blocked' : buffered.events > 0 ? 'sending' : 'idle',
    buffered: buffered.events,
    blocked: buffered.waiting,
    ...(lastError === undefined ? {} : { lastError: lastError.error, lastErrorAt: lastError.at }),
  };
}
