import { entityNotFound, ServiceError } from '../service-error.ts';
import type { OffsetForm } from '../store/offsets.ts';
import type { PartitionLog, StartPosition } from '../store/partition-log.ts';
import type { Broker } from './broker.ts';
import { deliveredEvent, type RuntimeMetrics } from './events.ts';
import { capabilitiesOf, echoAddresses, giveUpCredit, onceAttached, type ServerSender } from './rhea.ts';
import { readStartFilter } from './start-filter.ts';

/** A link on which a client reads one partition for a group: it gets what it has credit for, in stored order. */
export class Subscriber {
  readonly #broker: Broker;
  readonly #link: ServerSender;
  readonly #partition: PartitionLog;
  readonly #withMetrics: boolean;
  readonly #stopListening: () => void;
  #next: number;
  #isAttached = false;
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
    const start = readStartFilter(link.source?.filter, partition, broker.offsets);
    refuseBeyondEnd(start, this.#partition, broker.offsets);
    this.#next = this.#partition.sequenceFrom(start);
    this.#withMetrics = capabilitiesOf(link).includes('com.microsoft:enable-receiver-runtime-metric');
    this.#stopListening = this.#partition.onAppend(() => this.#pump());
    onceAttached(link, () => {
      this.#isAttached = true;
      this.#pump();
    });
    link.on('sender_flow', () => this.#pump());
    link.on('sendable', () => this.#pump());
    link.on('sender_draining', () => onceAttached(link, () => this.#drain()));
  }

  stop(): void {
    this.#stopListening();
  }

  #pump(): void {
    const link = this.#link;
    if (!this.#isAttached || !link.is_open()) return;
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

  #drain(): void {
    this.#pump();
    // In a turn of its own, behind what was handed over now.
    onceAttached(this.#link, () => {
      const unused = this.#link.credit;
      giveUpCredit(this.#link);
      // rhea counts credit that is given up among the deliveries.
      this.#handed += unused;
    });
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

/** A position that was never reached: one of another hub, or of a former one of this name. */
function refuseBeyondEnd(start: StartPosition, partition: PartitionLog, offsets: OffsetForm): void {
  if ('offset' in start && start.offset > partition.lastOffset) {
    const [offset, last] = [start.offset, partition.lastOffset].map((one) => offsets.text(partition.id, one));
    throw invalid(`The supplied offset '${offset}' is invalid. The last offset in the system is '${last}'`);
  }
  if ('sequence' in start && start.sequence > partition.lastSequence)
    throw invalid(
      `The supplied sequence number '${start.sequence}' is invalid. The last sequence number in the system is '${partition.lastSequence}'`,
    );
}

function invalid(description: string): ServiceError {
  return new ServiceError('com.microsoft:argument-error', description);
}
