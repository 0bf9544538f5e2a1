import { setTimeout as sleep } from 'node:timers/promises';
import { type Producer, type SendOptions, type SendResult, StreamError } from '@isostream/core';
import type { History } from '../history/history.ts';
import { below, type Random } from '../run/random.ts';
import type { LoadInput, LoadTopic, NewLoad } from './load-topic.ts';

export interface SendPlan {
  readonly events: number;
  readonly keys: number;
  /** Unanswered sends at most. */
  readonly window?: number;
  readonly sender?: string;
  readonly pad?: string;
  /** Spreads the sends over time, so that something can happen meanwhile. Default as fast as they go. */
  readonly perSecond?: number;
  /** Goes on beyond `events` for as long as this says so: for load that lasts as long as a fault. */
  readonly goOn?: () => boolean;
  /** Beyond `events`, sends become few while more than so many were not handed out: on a busy machine a load must not grow for ever. */
  readonly mostUnread?: number;
  /** Prefix of the keys, so that two senders have keys of their own. */
  readonly keyPrefix?: string;
}

/** What a scenario sends: events numbered within their keys, and a record of what became of each. */
export class Load {
  readonly #history: History;
  readonly #signal: AbortSignal;
  readonly #randomFor: (purpose: string) => Random;
  readonly #sequences = new Map<string, number>();
  /** Topics in the order in which they got load: their names are other ones in each run. */
  readonly #loaded = new Map<string, number>();

  constructor(history: History, signal: AbortSignal, randomFor: (purpose: string) => Random) {
    this.#history = history;
    this.#signal = signal;
    this.#randomFor = randomFor;
  }

  /** The next event of a key. */
  event(topic: LoadTopic, key: string | null, pad?: string): NewLoad {
    const lane = `${topic.name}\n${key}`;
    const seq = this.#sequences.get(lane) ?? 0;
    this.#sequences.set(lane, seq + 1);
    return { type: 'load', id: `${key}#${seq}`, data: pad === undefined ? { key, seq } : { key, seq, pad } };
  }

  /** Sends one event and records its result; never rejects. */
  async send(
    producer: Producer<LoadInput>,
    topic: LoadTopic,
    event: NewLoad,
    { sender = 'p1', ...options }: SendOptions & { readonly sender?: string } = {},
  ): Promise<void> {
    const { id } = event;
    this.#history.record({ kind: 'send', topic: topic.name, id, key: event.data.key, seq: event.data.seq, sender });
    try {
      const { partition, position } = await producer.send(event, options);
      this.#history.record({ kind: 'sent', topic: topic.name, id, partition, position });
    } catch (thrown) {
      const { code, outcome } = StreamError.from(thrown, 'stage');
      this.#history.record({ kind: 'send-failed', topic: topic.name, id, code, outcome });
    }
  }

  /** Sends events in one call and records the result of each; gives the results as they came. */
  async sendBatch(
    producer: Producer<LoadInput>,
    topic: LoadTopic,
    events: readonly NewLoad[],
  ): Promise<readonly SendResult[]> {
    for (const { id, data } of events)
      this.#history.record({ kind: 'send', topic: topic.name, id, key: data.key, seq: data.seq, sender: 'p1' });
    const results = await producer.sendBatch(events);
    for (const [index, result] of results.entries()) {
      const id = events[index]?.id ?? '';
      if (result.ok) {
        const { partition, position } = result;
        this.#history.record({ kind: 'sent', topic: topic.name, id, partition, position });
      } else {
        const { code, outcome } = result.error;
        this.#history.record({ kind: 'send-failed', topic: topic.name, id, code, outcome });
      }
    }
    return results;
  }

  /** Sends a load: keys in turn by the seed, many at once. */
  async sendAll(producer: Producer<LoadInput>, topic: LoadTopic, plan: SendPlan): Promise<void> {
    const {
      events,
      keys,
      window = 1_000,
      sender = 'p1',
      pad,
      keyPrefix = 'k',
      perSecond = Infinity,
      goOn = () => false,
      mostUnread = Infinity,
    } = plan;
    const random = this.#loadOf(topic, sender);
    const start = performance.now();
    const open = new Set<Promise<void>>();
    let answered = (): void => undefined;
    for (let count = 0; (count < events || goOn()) && !this.#signal.aborted; count++) {
      const early = (count * 1_000) / perSecond - (performance.now() - start);
      if (early > 5) await sleep(early);
      if (count >= events && this.#unread > mostUnread) await sleep(20);
      const event = this.event(topic, `${keyPrefix}${below(random, keys)}`, pad);
      const sending = this.send(producer, topic, event, { sender }).finally(() => {
        open.delete(sending);
        answered();
      });
      open.add(sending);
      // Not a race of all that are open: that costs as much as there are of them, for each event.
      if (open.size >= window) await new Promise<void>((resolve) => (answered = resolve));
    }
    await Promise.all(open);
  }

  get #unread(): number {
    return this.#history.count('sent') - this.#history.count('deliver');
  }

  #loadOf({ name }: LoadTopic, sender: string): Random {
    const topic = this.#loaded.get(name) ?? this.#loaded.size;
    this.#loaded.set(name, topic);
    return this.#randomFor(`load of ${sender} to topic ${topic}`);
  }
}
