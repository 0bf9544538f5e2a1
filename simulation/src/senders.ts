import { createStreams, type Producer, StreamError, type Streams } from '@isostream/core';
import type { Adapter } from '@isostream/core/adapter';
import type { LoadInput, LoadTopic } from '@isostream/conformance/checks';
import type { SimulatedClock } from './clock.ts';
import type { LoadItem, Plan } from './plan.ts';
import type { Process } from './process.ts';
import type { Recorder } from './recorder.ts';

/** For a close in which all that was sent gets its result. */
const patientMs = 60_000;

interface SendersOptions {
  readonly plan: Plan;
  readonly topic: LoadTopic;
  readonly clock: SimulatedClock;
  readonly recorder: Recorder;
  readonly random: () => number;
  /** What went wrong; added to. */
  readonly trouble: string[];
  readonly createProcess: (name: string) => Process;
  readonly createAdapter: (process: Process) => Adapter;
  readonly change: (options: Plan['producer']) => Plan['producer'];
}

interface Sender {
  readonly name: string;
  readonly producer: Promise<Producer<LoadInput>>;
  readonly streams: Promise<Streams>;
}

/** Sends the load of a plan; one producer at a time, each in a process of its own. */
export class Senders {
  readonly #options: SendersOptions;
  readonly #sends = new Set<Promise<void>>();
  #count = 0;
  #sender: Sender;

  constructor(options: SendersOptions) {
    this.#options = options;
    this.#sender = this.#open();
  }

  /** Begins to send; `done` when everything was handed over. */
  sendAll(done: () => void): void {
    this.#sendNext(0, done);
  }

  /** Every send has its result. */
  async answered(): Promise<void> {
    await Promise.all(this.#sends);
  }

  close(): Promise<void> {
    return this.#close(this.#sender);
  }

  /** Another producer goes on; resolves when the former one has closed. */
  replace(deadlineMs: number): Promise<void> {
    const closing = this.#close(this.#sender, deadlineMs);
    this.#sender = this.#open();
    return closing;
  }

  #open(): Sender {
    const { plan, topic, random, createProcess, createAdapter, change } = this.#options;
    const process = createProcess(`p${++this.#count}`);
    const streams = createStreams({ adapter: createAdapter(process), topics: [topic], clock: process, random });
    const producer = streams.then((opened) => opened.producer(topic, change(plan.producer)));
    return { name: process.name, streams, producer };
  }

  async #close({ name, streams }: Sender, deadlineMs: number = patientMs): Promise<void> {
    const { clock, recorder, trouble } = this.#options;
    const opened = await streams;
    const since = clock.monotonic();
    await opened.close({ deadline: deadlineMs });
    // Hurried closes may; what is left then is told so.
    if (deadlineMs === patientMs && clock.monotonic() - since >= deadlineMs)
      trouble.push(`${name} closed only at its deadline`);
    recorder.record({ kind: 'closed', member: name });
  }

  /** One event after the other: two timers of the same moment have no order. */
  #sendNext(index: number, done: () => void): void {
    const { plan, clock } = this.#options;
    const item = plan.load[index];
    if (item === undefined) return done();
    const send = (): void => {
      this.#send(item);
      this.#sendNext(index + 1, done);
    };
    const wait = item.at - clock.monotonic();
    if (wait <= 0) send();
    else clock.timer(wait, send);
  }

  #send(item: LoadItem): void {
    const sending = this.#sendOne(item, this.#sender).finally(() => this.#sends.delete(sending));
    this.#sends.add(sending);
  }

  async #sendOne({ key: plainKey, seq, pad, abortAfter }: LoadItem, sender: Sender): Promise<void> {
    const { plan, recorder } = this.#options;
    const producer = await sender.producer;
    // Order is promised for one producer and one key: what another producer sends has keys of its own.
    const name = `${sender.name}${plainKey}`;
    const key = plan.isKeyed ? name : null;
    const id = `${name}#${seq}`;
    const topic = this.#options.topic.name;
    recorder.record({ kind: 'send', topic, id, key, seq, sender: sender.name });
    try {
      const { partition, position } = await producer.send(
        { type: 'load', id, data: { key, seq, ...(pad === undefined ? {} : { pad: '.'.repeat(pad) }) } },
        abortAfter === undefined ? {} : { signal: this.#abortAfter(abortAfter) },
      );
      recorder.record({ kind: 'sent', topic, id, partition, position });
    } catch (thrown) {
      const { code, outcome } = StreamError.from(thrown, 'simulation');
      recorder.record({ kind: 'send-failed', topic, id, code, outcome });
    }
  }

  #abortAfter(ms: number): AbortSignal {
    const abort = new AbortController();
    this.#options.clock.timer(ms, () => abort.abort());
    return abort.signal;
  }
}
