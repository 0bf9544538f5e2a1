import {
  EventBacklog,
  pause,
  type CancelTimer,
  type IndividualAssignment,
  Warnings,
  type EventPage,
  type StoredEvent,
  StreamError,
  systemClock,
  untilAborted,
} from '@isostream/core/adapter';
import type { PubSubService } from '../client/service.ts';
import { toStreamError } from '../errors.ts';
import { fromMessage, partition, type ReceivedMessage } from '../message.ts';
import { type Lease, Leases } from './leases.ts';
import { type OpenSubscription, requireUnchanged } from './subscription.ts';

/** Ids of one request: the service takes 512 KiB of them. */
const idsPerRequest = 1_000;
/** After so long the service delivers again what was handed back. Zero, a refusal, would send it behind the rest of its key. */
const handBackSeconds = 1;
/** For handing back at the end; what fails comes back by itself, later. */
const handBackMs = 3_000;
const retryMs = 200;
/** What one pull is to bring at most, by the size of what came before: the service is asked for a number of events. */
const pullBytes = 1_048_576;
/** Until sizes are known: few enough to bear if they are large. */
const presumedBytes = 10_240;
/** How often a subscription that brings nothing is looked at. */
const lookMs = 5_000;

/**
 * A group's subscription as one member sees it, from joining until its leases run out or it leaves.
 *
 * Everything it holds has its lease extended together, so the leases of a member that was cut off or frozen run out
 * together as well: then the assignment is lost as a whole, and what it held comes to whoever pulls.
 */
export class SubscriptionAssignment implements IndividualAssignment {
  readonly partition: string = partition;
  readonly fencingToken = undefined;
  /** Resolves if the leases ran out. */
  readonly lapsed: Promise<StreamError>;
  readonly #service: PubSubService;
  readonly #subscription: OpenSubscription;
  readonly #leases = new Leases();
  readonly #warnings = new Warnings('pubsub');
  readonly #pulls = new Set<Promise<void>>();
  readonly #releases: Promise<void>[] = [];
  /** What running pulls may bring. */
  #expected = 0;
  /** The size of an event, as far as it can be told. */
  #eventBytes = presumedBytes;
  /** Pulled, and not yet taken by anybody. */
  readonly #waiting = new EventBacklog();
  readonly #stopped = new AbortController();
  #isLost = false;
  #failure: StreamError | undefined;
  #arrived: (() => void) | undefined;
  #lapse: (reason: StreamError) => void = () => undefined;
  #watch: CancelTimer | undefined;
  #extending = false;
  #nextExtension = 0;
  #nextLook = performance.now() + lookMs;

  constructor(service: PubSubService, subscription: OpenSubscription) {
    this.#service = service;
    this.#subscription = subscription;
    this.lapsed = new Promise((resolve) => (this.#lapse = resolve));
    this.#watchLeases();
  }

  /** Counted from when a request was sent, whatever was answered when: a process may have been frozen in between. */
  get isHeld(): boolean {
    if (performance.now() >= this.#leases.until) this.#isLost = true;
    return !this.#isLost;
  }

  async read(page: EventPage, signal: AbortSignal): Promise<void> {
    if (this.#waiting.isEmpty) {
      this.#pull(page.room);
      await this.#news(signal);
    }
    if (this.#failure !== undefined) throw this.#failure;
    if (signal.aborted) return;
    this.#waiting.handTo(page);
    // The next pull is on its way while these are handled.
    if (this.#waiting.isEmpty) this.#pull(page.room);
  }

  async settle(events: readonly StoredEvent[]): Promise<void> {
    let leases = events.flatMap((event) => this.#leases.find(event) ?? []);
    while (leases.length > 0) {
      if (!this.isHeld) throw this.#leaseLost();
      const sent = leases.slice(0, idsPerRequest).map((lease) => ({ event: lease.event, ackId: lease.ackId }));
      try {
        await this.#service.acknowledge(
          this.#subscription.name,
          sent.map(({ ackId }) => ackId),
        );
      } catch (thrown) {
        throw toStreamError(thrown, 'settle');
      }
      // It was taken, perhaps without effect: the service says nothing of leases that are over.
      if (!this.isHeld) throw this.#leaseLost();
      const again = new Set(
        sent.filter(({ event, ackId }) => !this.#leases.remove(event, ackId)).map(({ event }) => event),
      );
      leases = leases.filter((lease, index) => index >= sent.length || again.has(lease.event));
    }
  }

  /** Pulls no more and lets go of everything, at once for the service; what a running pull still brings as well. */
  async handBack(): Promise<void> {
    this.#stopped.abort();
    this.#watch?.();
    const held = this.isHeld ? this.#leases.all : [];
    this.#waiting.clear();
    this.#leases.clear();
    await Promise.all([this.#letGo(held.map(({ ackId }) => ackId)), ...this.#pulls, ...this.#releases]);
  }

  /** Pulls no more, and lets go of what will not be handled here; what runs is held on to. */
  release(events: readonly StoredEvent[]): void {
    this.#stopped.abort();
    const unused = [...events, ...this.#waiting.clear()];
    const leases = this.isHeld ? unused.flatMap((event) => this.#leases.find(event) ?? []) : [];
    for (const { event, ackId } of leases) this.#leases.remove(event, ackId);
    if (leases.length > 0) this.#releases.push(this.#letGo(leases.map(({ ackId }) => ackId)));
  }

  /** The leases ran out: nothing of this assignment counts any more. */
  abandon(): void {
    this.#isLost = true;
    this.#stopped.abort();
    this.#watch?.();
    this.#waiting.clear();
    this.#leases.clear();
    this.#arrived?.();
  }

  /** Asks for no more than there is room for: what waits here is kept from members that could handle it. */
  #pull(room = Infinity): void {
    const { pullers, pullEvents } = this.#service.settings;
    while (this.#pulls.size < pullers && !this.#stopped.signal.aborted) {
      const few = Math.max(1, Math.floor(pullBytes / this.#eventBytes));
      const count = Math.min(pullEvents, room - this.#expected, few);
      if (count < 1) return;
      this.#expected += count;
      const pull = this.#pullOnce(count).finally(() => {
        this.#expected -= count;
        this.#pulls.delete(pull);
        this.#arrived?.();
      });
      this.#pulls.add(pull);
    }
  }

  async #pullOnce(count: number): Promise<void> {
    const { name, ackDeadlineMs } = this.#subscription;
    try {
      const sentAt = performance.now();
      const received = await this.#service.pull(name, count);
      const until = sentAt + ackDeadlineMs;
      // An answer that was long on its way may hold what is somebody else's by now.
      const isStale = performance.now() > until - ackDeadlineMs / 4;
      if (this.#stopped.signal.aborted || isStale) await this.#letGo(received.map(({ ackId }) => ackId ?? ''));
      else await this.#take(received, until);
      if (received.length === 0) await this.#look();
    } catch (thrown) {
      const error = toStreamError(thrown, 'pull');
      if (!error.retryable) this.#failure ??= error;
      else {
        this.#warnings.tell(`subscription ${name}: a pull failed and is retried`, error);
        await pause(retryMs, this.#stopped.signal);
      }
    }
  }

  /** A pull of a subscription whose topic is gone finds nothing, for ever. */
  async #look(): Promise<void> {
    const now = performance.now();
    if (now < this.#nextLook || this.#stopped.signal.aborted) return;
    this.#nextLook = now + lookMs;
    await requireUnchanged(this.#service, this.#subscription);
  }

  async #take(received: readonly ReceivedMessage[], until: number): Promise<void> {
    const { name, skipBefore } = this.#subscription;
    const skipped: string[] = [];
    const events: StoredEvent[] = [];
    for (const message of received) {
      const event = fromMessage(message);
      const ackId = message.ackId ?? '';
      if (event.timestamp < skipBefore) skipped.push(ackId);
      else if (this.#leases.add(event, ackId, until)) events.push(event);
      this.#sized(event);
    }
    this.#waiting.add(events);
    if (skipped.length > 0) await this.#service.acknowledge(name, skipped);
  }

  /** Large ones count at once, small ones by and by. */
  #sized({ value, headers }: StoredEvent): void {
    let bytes = (value?.byteLength ?? 0) + 100;
    for (const [name, header] of headers) bytes += name.length + header.length;
    this.#eventBytes = Math.max(bytes, this.#eventBytes * 0.95 + bytes * 0.05);
  }

  /** Something arrived, a pull ended, or nobody waits for it any more. */
  async #news(signal: AbortSignal): Promise<void> {
    const news = new Promise<void>((resolve) => (this.#arrived = resolve));
    // It rejects only with the abort, which the caller looks at.
    await untilAborted(news, signal).catch(() => undefined);
    this.#arrived = undefined;
  }

  async #letGo(ackIds: readonly string[]): Promise<void> {
    for (let index = 0; index < ackIds.length; index += idsPerRequest) {
      const ids = ackIds.slice(index, index + idsPerRequest);
      // What could not be handed back comes back by itself when its deadline is over.
      await this.#service
        .modifyAckDeadline(this.#subscription.name, ids, handBackSeconds, handBackMs)
        .catch(() => undefined);
    }
  }

  /** Looks often, so that a lapse is noticed soon; extends three times in a deadline. */
  #watchLeases(): void {
    const deadlineMs = Math.min(this.#service.settings.sessionTimeoutMs, this.#subscription.ackDeadlineMs);
    this.#watch = systemClock.timer(Math.min(500, deadlineMs / 20), () => {
      if (!this.isHeld) {
        this.#lapse(this.#leaseLost());
        return;
      }
      const now = performance.now();
      if (this.#leases.size === 0) this.#nextExtension = now + deadlineMs / 3;
      else if (now >= this.#nextExtension && !this.#extending) {
        this.#nextExtension = now + deadlineMs / 3;
        void this.#extend();
      }
      this.#watchLeases();
    });
  }

  async #extend(): Promise<void> {
    const { settings } = this.#service;
    this.#extending = true;
    const seconds = Math.round(settings.sessionTimeoutMs / 1_000);
    const leases = this.#leases.all;
    try {
      for (let index = 0; index < leases.length; index += idsPerRequest) {
        const some: readonly Lease[] = leases.slice(index, index + idsPerRequest);
        const sentAt = performance.now();
        const ids = some.map(({ ackId }) => ackId);
        await this.#service.modifyAckDeadline(this.#subscription.name, ids, seconds, settings.sessionTimeoutMs / 3);
        this.#leases.extended(some, sentAt + seconds * 1_000);
      }
    } catch (thrown) {
      const error = toStreamError(thrown, 'extend leases');
      this.#warnings.tell(`subscription ${this.#subscription.name}: leases were not extended; retrying`, error);
      if (!error.retryable) {
        this.#failure ??= error;
        this.#arrived?.();
      }
      this.#nextExtension = performance.now() + retryMs;
    } finally {
      this.#extending = false;
    }
  }

  #leaseLost(): StreamError {
    const message =
      'this member was out of reach, or its process frozen, for longer than sessionTimeout: others have its events';
    return new StreamError('lease-lost', message, { where: 'pubsub' });
  }
}
