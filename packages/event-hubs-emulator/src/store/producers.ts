import { ServiceError } from '../service-error.ts';
import type { NewEvent } from './stored-event.ts';

/** Who a publisher of one partition is, so that what it repeats is stored once. */
export interface ProducerIdentity {
  readonly id: number;
  /** The higher one takes the identity over. */
  readonly epoch: number;
  /** Of the last event that it knows to be stored. */
  readonly sequence: number;
}

interface Known {
  epoch: number;
  /** Of the last event stored. */
  last: number;
  /** The last one when the present epoch, or the present holder, began: what is not behind it was another's. */
  base: number;
  /** The client that attached last, by its own name; it is forgotten where a process ends. */
  holder: string | undefined;
}

/** The idempotent producers of one partition. */
export class Producers {
  readonly #known = new Map<number, Known>();
  #next = 1;

  /**
   * The identity of a link that attaches with these, given anew where they are absent. Throws {@link ServiceError}.
   * An older epoch is let in: its sends are refused, as the service refuses them. `holder` names the client: one that comes
   * back may repeat what it has sent, which is stored once; another one has to go on behind what is stored.
   */
  attach(wanted: Partial<ProducerIdentity>, holder?: string): ProducerIdentity {
    const { id = this.#unused(), sequence } = wanted;
    const known = this.#known.get(id);
    const epoch = wanted.epoch ?? known?.epoch ?? 0;
    if (epoch < 0)
      throw new ServiceError('com.microsoft:argument-out-of-range', `The producer epoch ${epoch} is negative.`);
    if (known === undefined) {
      this.#known.set(id, { epoch, last: sequence ?? 0, base: sequence ?? 0, holder });
      return { id, epoch, sequence: sequence ?? 0 };
    }
    const isAnother = holder !== undefined && known.holder !== undefined && holder !== known.holder;
    if (epoch > known.epoch || (isAnother && epoch === known.epoch)) {
      known.epoch = epoch;
      known.base = known.last;
    }
    if (epoch === known.epoch) {
      known.holder = holder ?? known.holder;
      // What it knows to be stored it does not repeat.
      known.base = Math.max(known.base, Math.min(sequence ?? known.last, known.last));
    }
    // Its own number comes back: from what is stored it would number an unanswered batch anew, and store it twice.
    return { id, epoch, sequence: sequence ?? known.last };
  }

  /** Whether these are to be stored; `false` where they are already. Throws {@link ServiceError}. */
  admit(events: readonly NewEvent[]): boolean {
    const stamp = events[0]?.producer;
    if (stamp === undefined) return true;
    const known = this.#known.get(stamp.id) ?? {
      epoch: stamp.epoch,
      last: stamp.sequence - 1,
      base: 0,
      holder: undefined,
    };
    if (stamp.epoch < known.epoch)
      throw new ServiceError(
        'com.microsoft:producer-epoch-stolen',
        `Producer ${stamp.id} with epoch ${stamp.epoch} was displaced by one with epoch ${known.epoch}.`,
      );
    const last = stamp.sequence + events.length - 1;
    if (last <= known.last && stamp.sequence > known.base) return false;
    if (stamp.sequence !== known.last + 1)
      throw new ServiceError(
        'com.microsoft:out-of-order-sequence',
        `Producer ${stamp.id} sent sequence number ${stamp.sequence} after ${known.last}.`,
      );
    this.#known.set(stamp.id, { ...known, epoch: stamp.epoch, last });
    return true;
  }

  #unused(): number {
    while (this.#known.has(this.#next)) this.#next += 1;
    return this.#next;
  }
}
