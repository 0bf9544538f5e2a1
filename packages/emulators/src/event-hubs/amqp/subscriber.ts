import { entityNotFound } from '../service-error.ts';
import type { PartitionLog } from '../store/partition-log.ts';
import type { Broker } from './broker.ts';
import { deliveredEvent, type RuntimeMetrics } from './events.ts';
import { capabilitiesOf, echoAddresses, type ServerSender } from './rhea.ts';
import { readStartFilter } from './start-filter.ts';

/** A link on which a client reads one partition for a group: it gets what it has credit for, in stored order. */
export class Subscriber {
  readonly #broker: Broker;
  readonly #link: ServerSender;
  readonly #partition: PartitionLog;
  readonly #withMetrics: boolean;
  readonly #stopListening: () => void;
  #next: number;
  /** Deliveries handed to rhea since the link began; it counts those that have left. */
  #handed = 0;

  /** Answers the attach. Throws `ServiceError`. */
  constructor(broker: Broker, link: ServerSender, hub: string, group: string, partition: string) {
    this.#broker = broker;
    this.#link = link;
    echoAddresses(link);
    const found = broker.namespace.hub(hub);
    if (!found.hasGroup(group)) throw entityNotFound(`${hub}/ConsumerGroups/${group}`);
    this.#partition = found.partition(partition);
    this.#next = this.#partition.sequenceFrom(readStartFilter(link.source?.filter, partition, broker.offsets));
    this.#withMetrics = capabilitiesOf(link).includes('com.microsoft:enable-receiver-runtime-metric');
    this.#stopListening = this.#partition.onAppend(() => this.#pump());
    link.on('sender_flow', () => this.#pump());
    link.on('sendable', () => this.#pump());
    link.on('sender_draining', () => {
      this.#pump();
      this.#broker.later(0, () => this.#link.set_drained(true));
    });
  }

  stop(): void {
    this.#stopListening();
  }

  #pump(): void {
    const link = this.#link;
    if (!link.is_open()) return;
    // What rhea was handed and has not written yet has taken no credit so far.
    let room = Math.min(link.credit - (this.#handed - link.delivery_count), link.session.outgoing.available());
    for (; room > 0; room -= 1) {
      const event = this.#partition.at(this.#next);
      if (event === undefined) return;
      const offset = this.#broker.offsets.text(this.#partition.id, event.offset);
      link.send(deliveredEvent(event, offset, this.#withMetrics ? this.#metrics() : undefined), undefined, 0);
      this.#handed += 1;
      this.#next = event.sequence + 1;
    }
  }

  #metrics(): RuntimeMetrics {
    return {
      lastSequence: this.#partition.lastSequence,
      lastOffset: this.#broker.offsets.text(this.#partition.id, this.#partition.lastOffset),
      lastEnqueuedMs: this.#partition.lastEnqueuedMs,
      nowMs: this.#broker.now(),
    };
  }
}
