import { type Duration, NonRetryableError, type RawEvent, StreamError, type Streams } from '@isostream/core';
import { compare, type MirrorComparison } from './compare.ts';
import { copyOf, hasBeenOn, originOf, type Place, type SideNames } from './copy.ts';
import { type GroupMove, planMove } from './move-group.ts';
import { copyUntilNow, missingOn, type Rollback } from './rollback.ts';
import { checkNames, nameOf, placeOn, rawTopic, readSide, type Sighting } from './sides.ts';

export interface MirrorOptions {
  /** The provider that the topic is copied from, and the one that it is copied to. */
  readonly from: Streams;
  readonly to: Streams;
  readonly topic: string;
  /** Its name on the other side. Default the same. */
  readonly toTopic?: string;
  /** The group of the mirror on the side that is copied from; mirrors of one group share the work, so mirrors of one topic to different targets need groups that differ. Default `isostream-mirror`. */
  readonly group?: string;
  /**
   * What becomes of events that are copies themselves. `copy` (default) passes them on; `skip` is for the way back: what
   * came from the other side is there already.
   */
  readonly copies?: 'copy' | 'skip';
  /**
   * What the sides are called; the same side has the same name in every mirror, of visible ASCII characters other than `<` and `>`. An event is not copied to a side that it has been on, so mirrors can run in
   * both directions, in chains and in circles. Without names the ninth copy of an event stops the mirror with `conflict`.
   */
  readonly names?: SideNames;
  /** Events under way at most. Default 1,000. */
  readonly concurrency?: number;
}

export interface MirrorStatus {
  /** Events that are not copied; `undefined` where the provider cannot count. */
  readonly behind: number | undefined;
  /** Age of the oldest event that is not copied, in milliseconds; `undefined` where unknown. */
  readonly behindMs: number | undefined;
}

/** Copies one topic from one provider to another, while both are in use. */
export interface Mirror {
  /** Events that this run has copied. */
  readonly copied: number;
  /**
   * Copies until the signal is aborted; then finishes what is under way. What passes is tried again for as long as it takes.
   * Rejects with the error of an event that the other side cannot hold: nothing of its key passes it.
   */
  run(options?: { readonly signal?: AbortSignal }): Promise<void>;
  status(): Promise<MirrorStatus>;
  /** Reads both sides to their ends and compares them. Holds a hash of each event in memory. Needs replays on both sides. */
  verify(options?: { readonly signal?: AbortSignal }): Promise<MirrorComparison>;
  /** Where a group would go on, on the other side. Changes nothing. Needs positions on both sides. */
  planGroup(group: string, options?: { readonly signal?: AbortSignal }): Promise<GroupMove>;
  /** Places the group there. Rejects with `conflict` while it has members on the other side. */
  moveGroup(move: GroupMove, options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** What going back to the side that is copied from would do for a group. Changes nothing. Needs positions on both sides. */
  planRollback(group: string, options?: { readonly signal?: AbortSignal }): Promise<Rollback>;
  /**
   * Copies back what was written on the other side until now, then places the group where it goes on. Stop this mirror, producers on the other side, and the
   * group before. What is there already is not copied again. It reads as a group of its own, that of the mirror with `-back` behind it. Rejects with `conflict`, and places nothing, where something is
   * still missing, and while the group has members on the side that it goes back to.
   */
  rollBack(plan: Rollback, options?: { readonly signal?: AbortSignal }): Promise<void>;
}

export function createMirror(options: MirrorOptions): Mirror {
  return new TopicMirror(options);
}

/** How long one event is tried before the mirror looks whether it is to end. */
const deliveryTimeout: Duration = '30s';

class TopicMirror implements Mirror {
  readonly #options: MirrorOptions;
  readonly #group: string;
  readonly #toTopic: string;
  copied = 0;

  constructor(options: MirrorOptions) {
    this.#options = options;
    this.#group = options.group ?? 'isostream-mirror';
    this.#toTopic = options.toTopic ?? options.topic;
    if (options.from === options.to && options.topic === this.#toTopic) {
      const message = `topic "${options.topic}" would be copied into itself. Give another provider, or toTopic`;
      throw new StreamError('invalid-config', message, { where: 'mirror' });
    }
    const { from, to } = options.names ?? { from: 'a', to: 'b' };
    if (from === to || [from, to].some((name) => !/^[!-;=?-~]+$/.test(name))) {
      const message = `names of the sides are "${from}" and "${to}". Give two that differ, of visible ASCII characters other than < and >`;
      throw new StreamError('invalid-config', message, { where: 'mirror' });
    }
  }

  run(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    return this.#copy(options.signal, new Set());
  }

  /** Copies all but what is there. */
  async #copy(signal: AbortSignal | undefined, there: ReadonlySet<string>): Promise<void> {
    const { from, to, topic, copies = 'copy', names, concurrency = 1_000 } = this.#options;
    const producer = to.producer(rawTopic(this.#toTopic), { deliveryTimeout });
    // An event is handed out when the one before it of its key is stored: so a failure cannot be overtaken.
    const consumer = from.consumer(rawTopic(topic), {
      group: this.#group,
      from: 'earliest',
      concurrency,
      maxInFlight: { events: 2 * concurrency },
      onFailure: 'stop',
      retry: { attempts: Number.MAX_SAFE_INTEGER, backoff: { initial: '50ms', max: '5s' } },
    });
    const [fromSide, toSide] = [
      { capabilities: from.adapter.capabilities, name: names?.from },
      { capabilities: to.adapter.capabilities, name: names?.to },
    ];
    const fromName = nameOf('from', names);
    const counted = (): void => void this.copied++;
    const copied = (event: RawEvent, place: Place): Promise<void> | undefined => {
      if (copies === 'skip' && originOf(event) !== undefined) return undefined;
      if (hasBeenOn(names?.to, event)) return undefined;
      if (there.size > 0 && there.has(placeOn(fromName, place))) return undefined;
      // No function of its own waits for the answer: that costs a tenth of the rate.
      return producer.send(copyOf(event, place, fromSide, toSide)).then(counted, failed);
    };
    try {
      await consumer.run(
        (event, place) => {
          try {
            return copied(event, place);
          } catch (thrown) {
            return failed(thrown);
          }
        },
        signal === undefined ? {} : { signal },
      );
    } catch (thrown) {
      throw reasonOf(thrown);
    } finally {
      await producer.close();
    }
  }

  async status(): Promise<MirrorStatus> {
    const lags = await this.#options.from.admin.lag(this.#options.topic, this.#group);
    return {
      behind: sumOf(lags.map(({ events }) => events)),
      behindMs: lags.some(({ ms }) => ms === undefined) ? undefined : Math.max(0, ...lags.map(({ ms }) => ms ?? 0)),
    };
  }

  async verify({ signal }: { readonly signal?: AbortSignal } = {}): Promise<MirrorComparison> {
    const { from, to, topic, names } = this.#options;
    // First what is copied from: whatever is copied meanwhile is there when the other side is read.
    const events = await readSide(from, topic, 'from', 'earliest', names, signal);
    const copies = await readSide(to, this.#toTopic, 'to', 'earliest', names, signal);
    checkNames(names, events, copies);
    return compare(events, copies, this.#isMeant);
  }

  planGroup(group: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<GroupMove> {
    const { from, to, topic, names } = this.#options;
    return planMove(
      { from, to, fromTopic: topic, toTopic: this.#toTopic, names, isMeant: this.#isMeant },
      group,
      signal,
    );
  }

  async moveGroup({ group, positions }: GroupMove, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    await this.#options.to.admin.reset(this.#toTopic, group, positions, options);
  }

  async planRollback(group: string, options: { readonly signal?: AbortSignal } = {}): Promise<Rollback> {
    const back = this.#back();
    // Where the group goes on first: whatever is copied back later lies behind that.
    const move = await back.planGroup(group, options);
    return { move, events: await back.#missing(options.signal) };
  }

  async rollBack({ move }: Rollback, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const back = this.#back();
    await back.#bring(options.signal);
    await back.moveGroup(move, options);
  }

  /** Whether it is copied, as {@link run} decides it by the event. */
  readonly #isMeant = ({ hasBeenThere, identity, place }: Sighting): boolean =>
    !hasBeenThere && (this.#options.copies !== 'skip' || identity === place);

  /** Copies what is missing on the other side. Rejects with `conflict` where something is missing all the same. */
  async #bring(signal: AbortSignal | undefined): Promise<void> {
    const { to, names } = this.#options;
    // Another mirror may have brought a part of it.
    const there = await readSide(to, this.#toTopic, 'to', 'earliest', names, signal);
    const places = new Set(there.map(({ identity }) => identity));
    const missing = (): Promise<number> => this.#missing(signal);
    await copyUntilNow(
      { run: (given) => this.#copy(given.signal, places), status: () => this.status(), missing },
      signal,
    );
    const left = await missing();
    if (left === 0) return;
    const causes = [
      'they are still being written: stop producers and try again',
      `another mirror reads as group "${this.#group}": give this one a group of its own`,
      'or they were copied back before and are not retained any more: place the group with planGroup and moveGroup (cutover) of a mirror the other way round',
    ];
    const message = `${left} events of topic "${this.#options.topic}" are not copied back, so the group was not placed. Either ${causes.join('; ')}`;
    throw new StreamError('conflict', message, { where: 'mirror' });
  }

  async #missing(signal: AbortSignal | undefined): Promise<number> {
    const { from, to, topic, names } = this.#options;
    const side = await readSide(from, topic, 'from', 'earliest', names, signal);
    const other = await readSide(to, this.#toTopic, 'to', 'earliest', names, signal);
    checkNames(names, side, other);
    return missingOn(other, side.filter(this.#isMeant));
  }

  /** The same topic the other way round, without what came from here. */
  #back(): TopicMirror {
    const { from, to, topic, names, ...rest } = this.#options;
    return new TopicMirror({
      ...rest,
      from: to,
      to: from,
      topic: this.#toTopic,
      toTopic: topic,
      // A mirror from there to a third side reads as a group of its own, and would keep what it is given.
      group: `${this.#group}-back`,
      copies: 'skip',
      ...(names === undefined ? {} : { names: { from: names.to, to: names.from } }),
    });
  }
}

const ofTheEvent: ReadonlySet<string> = new Set([
  'invalid-event',
  'invalid-key',
  'invalid-header',
  'event-too-large',
  'unsupported',
  'conflict',
  // Nor does any of these pass by itself.
  ...['unknown-topic', 'topic-mismatch', 'unauthenticated', 'unauthorized', 'tls'],
]);

function isOfTheEvent(thrown: unknown): thrown is StreamError {
  return StreamError.is(thrown) && ofTheEvent.has(thrown.code);
}

/** What is the event's own fault is not tried again. */
function failed(thrown: unknown): never {
  throw isOfTheEvent(thrown) ? new NonRetryableError(thrown.message, { cause: thrown }) : thrown;
}

/** What a consumer stopped for, without what it put around it. */
function reasonOf(thrown: unknown): unknown {
  for (let each = thrown; each instanceof Error; each = each.cause) if (isOfTheEvent(each)) return each;
  return thrown;
}

function sumOf(counts: readonly (number | undefined)[]): number | undefined {
  let sum = 0;
  for (const count of counts) {
    if (count === undefined) return undefined;
    sum += count;
  }
  return sum;
}
