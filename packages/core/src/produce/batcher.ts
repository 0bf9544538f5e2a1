import type { InFlightLimits } from '../contract/sink.ts';
import { Fifo } from '../model/fifo.ts';
import { Batch, type Pending } from './batch.ts';

interface LaneQueue {
  readonly name: string;
  readonly waiting: Fifo<Pending>;
  /** Formed and not yet settled: nothing later of the lane leaves before it. */
  batch: Batch | undefined;
  /** Where the lane is listed as ready; `undefined` while it is in flight, backs off or has nothing. */
  readyOn: string | undefined;
  /** A rejected batch is taken apart: so many events go alone. */
  alone: number;
}

const none = { all: 0, partial: 0 };
/** Requests of one route that may be in flight and less than full. */
const maxPartial = 2;

/**
 * Decides what leaves together: pure, no clock, no I/O.
 *
 * Guarantees, whatever the order of calls: a lane has one batch at a time; a batch is formed once and comes back
 * unchanged until it is {@link Batcher.done}; events leave a lane in the order they were added; limits hold.
 * There is no timer: a request is formed when somebody asks, so what arrives while one is in flight travels together
 * (group commit, as databases do with their logs). Of the requests of one route in flight two may be less than full: more
 * would never fill again, because each brings back as few senders as it took along; and with one everything else would wait
 * for an answer that does not come.
 */
export class Batcher {
  readonly #limits: InFlightLimits;
  readonly #routeOf: (lane: string) => string;
  readonly #lanes = new Map<string, LaneQueue>();
  readonly #ready = new Map<string, Set<LaneQueue>>();
  readonly #inFlight = new Map<string, { readonly all: number; readonly partial: number }>();
  readonly #partial = new WeakSet<readonly Batch[]>();

  constructor(limits: InFlightLimits, routeOf: (lane: string) => string) {
    this.#limits = limits;
    this.#routeOf = routeOf;
  }

  add(lane: string, item: Pending): void {
    let queue = this.#lanes.get(lane);
    if (queue === undefined) {
      queue = { name: lane, waiting: new Fifo(), batch: undefined, readyOn: undefined, alone: 0 };
      this.#lanes.set(lane, queue);
    }
    queue.waiting.push(item);
    if (queue.batch === undefined && queue.readyOn === undefined) this.#makeReady(queue);
  }

  /** The next request, if any route has both work and room; its lanes are in flight from now on. */
  take(): { readonly route: string; readonly batches: readonly Batch[] } | undefined {
    for (const [route, lanes] of this.#ready) {
      const { all, partial } = this.#inFlight.get(route) ?? none;
      if (all >= this.#limits.requestsPerRoute) continue;
      const isPartial = this.#limits.requestsPerRoute > maxPartial && !this.#isFull(lanes);
      if (isPartial && partial >= maxPartial) continue;
      const batches = this.#fill(route, lanes);
      if (batches.length === 0) continue;
      if (isPartial) this.#partial.add(batches);
      this.#inFlight.set(route, { all: all + 1, partial: partial + Number(isPartial) });
      return { route, batches };
    }
    return undefined;
  }

  /** The request on this route ended; each of its batches gets {@link Batcher.done}, `retry` or `takeApart` of its own. */
  returned(route: string, batches: readonly Batch[]): void {
    for (const batch of batches) batch.inFlight = false;
    const { all, partial } = this.#inFlight.get(route) ?? none;
    if (all <= 1) this.#inFlight.delete(route);
    else this.#inFlight.set(route, { all: all - 1, partial: partial - Number(this.#partial.has(batches)) });
  }

  /** The batch has its results; the lane goes on with what waits. */
  done(batch: Batch): void {
    const queue = this.#lanes.get(batch.lane);
    if (queue?.batch !== batch) return;
    queue.batch = undefined;
    this.#unready(queue);
    if (queue.waiting.length > 0) this.#makeReady(queue);
    else this.#lanes.delete(batch.lane);
  }

  /** The batch may leave again, unchanged and before anything later of its lane. */
  retry(batch: Batch): void {
    const queue = this.#lanes.get(batch.lane);
    if (queue?.batch === batch && queue.readyOn === undefined) this.#makeReady(queue);
  }

  /** The batch was refused as a whole and surely not written: its events go one by one, still first. */
  takeApart(batch: Batch): void {
    const queue = this.#lanes.get(batch.lane);
    if (queue?.batch !== batch) return;
    const items = batch.items.filter(({ settled }) => !settled);
    for (const item of items) {
      item.state = 'held';
      item.batch = undefined;
    }
    queue.batch = undefined;
    queue.alone = items.length;
    queue.waiting.unshift(items);
    this.#makeReady(queue);
  }

  /** Takes out what is in no batch yet, in order per lane: lanes are given anew. What is formed stays, and leaves as it is. */
  takeWaiting(): Pending[] {
    const taken: Pending[] = [];
    for (const [name, queue] of this.#lanes) {
      for (let item = queue.waiting.shift(); item !== undefined; item = queue.waiting.shift()) taken.push(item);
      queue.alone = 0;
      if (queue.batch !== undefined) continue;
      const lanes = queue.readyOn === undefined ? undefined : this.#ready.get(queue.readyOn);
      lanes?.delete(queue);
      if (lanes?.size === 0) this.#ready.delete(queue.readyOn ?? '');
      this.#lanes.delete(name);
    }
    return taken;
  }

  /** Forgets what waits and has its answer already. */
  clearOut(): void {
    for (const queue of this.#lanes.values()) {
      const { alone } = queue;
      // The first so many go alone; those of them that leave count no more.
      let first = 0;
      queue.alone = 0;
      queue.waiting.keep(({ settled }) => {
        if (first++ < alone && !settled) queue.alone++;
        return !settled;
      });
    }
  }

  /** Every event that waits for its first batch, in order per lane. */
  *waiting(): Iterable<Pending> {
    for (const queue of this.#lanes.values()) yield* queue.waiting;
  }

  /** Every batch that was formed and is not done. */
  *batches(): Iterable<Batch> {
    for (const { batch } of this.#lanes.values()) if (batch !== undefined) yield batch;
  }

  get hasBatches(): boolean {
    for (const { batch } of this.#lanes.values()) if (batch !== undefined) return true;
    return false;
  }

  #makeReady(queue: LaneQueue): void {
    const route = this.#routeOf(queue.name);
    let lanes = this.#ready.get(route);
    if (lanes === undefined) this.#ready.set(route, (lanes = new Set()));
    lanes.add(queue);
    queue.readyOn = route;
  }

  /** It may have waited for its turn to leave again. */
  #unready(queue: LaneQueue): void {
    if (queue.readyOn === undefined) return;
    const lanes = this.#ready.get(queue.readyOn);
    lanes?.delete(queue);
    if (lanes?.size === 0) this.#ready.delete(queue.readyOn);
    queue.readyOn = undefined;
  }

  /** Whether what is ready would fill a request. */
  #isFull(lanes: ReadonlySet<LaneQueue>): boolean {
    const { lanesPerRequest, eventsPerLane, eventsPerRequest, bytesPerRequest } = this.#limits;
    if (lanes.size >= lanesPerRequest) return true;
    let events = 0;
    let bytes = 0;
    for (const { batch, waiting } of lanes) {
      events += batch?.items.length ?? Math.min(waiting.length, eventsPerLane);
      // Of a lane that waits the first event counts: it is surely in the request.
      bytes += batch?.bytes ?? waiting.peek()?.wireBytes ?? 0;
      if (events >= eventsPerRequest || bytes >= bytesPerRequest) return true;
    }
    return false;
  }

  #fill(route: string, lanes: Set<LaneQueue>): Batch[] {
    const { lanesPerRequest, eventsPerRequest, bytesPerRequest } = this.#limits;
    const batches: Batch[] = [];
    let events = 0;
    let bytes = 0;
    for (const queue of lanes) {
      if (batches.length >= lanesPerRequest || events >= eventsPerRequest || bytes >= bytesPerRequest) break;
      // The lane's partition may have moved since it became ready.
      if (this.#routeOf(queue.name) !== route) {
        lanes.delete(queue);
        this.#makeReady(queue);
        continue;
      }
      const batch = queue.batch ?? this.#form(queue, eventsPerRequest - events, bytesPerRequest - bytes);
      if (batch === undefined) {
        lanes.delete(queue);
        queue.readyOn = undefined;
        this.#lanes.delete(queue.name);
        continue;
      }
      const fits = events + batch.items.length <= eventsPerRequest && bytes + batch.bytes <= bytesPerRequest;
      if (!fits && batches.length > 0) {
        queue.batch = batch;
        break;
      }
      queue.batch = batch;
      queue.readyOn = undefined;
      lanes.delete(queue);
      batch.inFlight = true;
      batches.push(batch);
      events += batch.items.length;
      bytes += batch.bytes;
    }
    if (lanes.size === 0) this.#ready.delete(route);
    return batches;
  }

  #form(queue: LaneQueue, eventsLeft: number, bytesLeft: number): Batch | undefined {
    const alone = queue.alone > 0;
    const maxEvents = alone ? 1 : Math.min(this.#limits.eventsPerLane, eventsLeft);
    const maxBytes = Math.min(this.#limits.bytesPerLane, bytesLeft);
    const items: Pending[] = [];
    let bytes = 0;
    for (let item = queue.waiting.peek(); item !== undefined; item = queue.waiting.peek()) {
      if (items.length > 0 && (items.length >= maxEvents || bytes + item.wireBytes > maxBytes)) break;
      queue.waiting.shift();
      if (queue.alone > 0) queue.alone--;
      if (item.settled) continue;
      item.state = 'sending';
      items.push(item);
      bytes += item.wireBytes;
      if (items.length >= maxEvents) break;
    }
    if (items.length === 0) return undefined;
    const batch = new Batch(queue.name, items, bytes);
    for (const item of items) item.batch = batch;
    return batch;
  }
}
