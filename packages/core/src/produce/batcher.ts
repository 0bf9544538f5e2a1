import type { InFlightLimits } from '../contract/sink.ts';
import { Lane } from './lane.ts';
import type { Batch, Pending } from './pending.ts';

/** Batches of different lanes that leave together. */
export interface Request {
  readonly route: string;
  readonly batches: readonly Batch[];
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
  readonly #lanes = new Map<string, Lane>();
  readonly #ready = new Map<string, Set<Lane>>();
  readonly #inFlight = new Map<string, { readonly all: number; readonly partial: number }>();
  readonly #partial = new WeakSet<readonly Batch[]>();

  constructor(limits: InFlightLimits, routeOf: (lane: string) => string) {
    this.#limits = limits;
    this.#routeOf = routeOf;
  }

  add(name: string, item: Pending): void {
    let lane = this.#lanes.get(name);
    if (lane === undefined) this.#lanes.set(name, (lane = new Lane(name, this.#emptied)));
    lane.push(item.place);
    if (lane.batch === undefined && lane.readyOn === undefined) this.#makeReady(lane);
  }

  /** The next request, if any route has both work and room; its lanes are in flight from now on. */
  take(): Request | undefined {
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
  returned({ route, batches }: Request): void {
    for (const batch of batches) batch.inFlight = false;
    const { all, partial } = this.#inFlight.get(route) ?? none;
    if (all <= 1) this.#inFlight.delete(route);
    else this.#inFlight.set(route, { all: all - 1, partial: partial - Number(this.#partial.has(batches)) });
  }

  /** The batch has its results; the lane goes on with what waits. */
  done(batch: Batch): void {
    const lane = this.#laneOf(batch);
    if (lane === undefined) return;
    lane.batch = undefined;
    this.#unready(lane);
    if (lane.length > 0) this.#makeReady(lane);
    else this.#lanes.delete(lane.name);
  }

  /** The batch may leave again, unchanged and before anything later of its lane. */
  retry(batch: Batch): void {
    const lane = this.#laneOf(batch);
    if (lane !== undefined && lane.readyOn === undefined) this.#makeReady(lane);
  }

  /** Instead of {@link Batcher.done}: these events of the batch come first of their lane again. */
  putBack(batch: Batch, items: readonly Pending[]): void {
    const lane = this.#laneOf(batch);
    if (lane === undefined) return;
    for (const item of items.toReversed()) lane.unshift(item.place);
    this.done(batch);
  }

  /** Takes out what is in no batch yet, in order per lane: lanes are given anew. What is formed stays, and leaves as it is. */
  takeWaiting(): Pending[] {
    const taken = [...this.waiting()];
    for (const item of taken) {
      item.place.unlink();
      item.goesAlone = false;
    }
    return taken;
  }

  /** Every event that waits for its first batch, in order per lane. */
  *waiting(): Iterable<Pending> {
    for (const lane of this.#lanes.values()) yield* lane;
  }

  /** Every batch that was formed and is not done. */
  *batches(): Iterable<Batch> {
    for (const { batch } of this.#lanes.values()) if (batch !== undefined) yield batch;
  }

  get hasBatches(): boolean {
    for (const { batch } of this.#lanes.values()) if (batch !== undefined) return true;
    return false;
  }

  #laneOf(batch: Batch): Lane | undefined {
    const lane = this.#lanes.get(batch.lane);
    return lane?.batch === batch ? lane : undefined;
  }

  /** Nobody waits in it any more, and nothing of it is under way. */
  readonly #emptied = (lane: Lane): void => {
    this.#unready(lane);
    this.#lanes.delete(lane.name);
  };

  #makeReady(lane: Lane): void {
    const route = this.#routeOf(lane.name);
    let lanes = this.#ready.get(route);
    if (lanes === undefined) this.#ready.set(route, (lanes = new Set()));
    lanes.add(lane);
    lane.readyOn = route;
  }

  /** It may have waited for its turn to leave again. */
  #unready(lane: Lane): void {
    if (lane.readyOn === undefined) return;
    const lanes = this.#ready.get(lane.readyOn);
    lanes?.delete(lane);
    if (lanes?.size === 0) this.#ready.delete(lane.readyOn);
    lane.readyOn = undefined;
  }

  /** Whether what is ready would fill a request. */
  #isFull(lanes: ReadonlySet<Lane>): boolean {
    const { lanesPerRequest, eventsPerLane, eventsPerRequest, bytesPerRequest } = this.#limits;
    if (lanes.size >= lanesPerRequest) return true;
    let events = 0;
    let bytes = 0;
    for (const lane of lanes) {
      events += lane.batch?.items.length ?? Math.min(lane.length, eventsPerLane);
      // Of a lane that waits the first event counts: it is surely in the request.
      bytes += lane.batch?.bytes ?? lane.first?.wireBytes ?? 0;
      if (events >= eventsPerRequest || bytes >= bytesPerRequest) return true;
    }
    return false;
  }

  #fill(route: string, lanes: Set<Lane>): Batch[] {
    const { lanesPerRequest, eventsPerLane, bytesPerLane, eventsPerRequest, bytesPerRequest } = this.#limits;
    const batches: Batch[] = [];
    let events = 0;
    let bytes = 0;
    for (const lane of lanes) {
      if (batches.length >= lanesPerRequest || events >= eventsPerRequest || bytes >= bytesPerRequest) break;
      // The lane's partition may have moved since it became ready.
      if (this.#routeOf(lane.name) !== route) {
        lanes.delete(lane);
        this.#makeReady(lane);
        continue;
      }
      const maxEvents = Math.min(eventsPerLane, eventsPerRequest - events);
      const batch = lane.batch ?? lane.form(maxEvents, Math.min(bytesPerLane, bytesPerRequest - bytes));
      const fits = events + batch.items.length <= eventsPerRequest && bytes + batch.bytes <= bytesPerRequest;
      if (!fits && batches.length > 0) break;
      lane.readyOn = undefined;
      lanes.delete(lane);
      batch.inFlight = true;
      batches.push(batch);
      events += batch.items.length;
      bytes += batch.bytes;
    }
    if (lanes.size === 0) this.#ready.delete(route);
    return batches;
  }
}
