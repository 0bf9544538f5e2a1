import {
  type BatchResult,
  type EncodedEvent,
  type InFlightLimits,
  keyId,
  type LaneBatch,
  type Sink,
  sizeOf,
  StreamError,
  type Written,
} from '@isostream/core/adapter';
import { maxEventBytes, type Plan } from './plan.ts';
import type { Process } from './process.ts';
import type { SimulatedService } from './service.ts';
import { never } from './turmoil.ts';

/** Writes to the simulated service, and says so when core asks what the contract does not allow. */
export class SimulatedSink implements Sink {
  readonly limits: InFlightLimits;
  readonly maxEventBytes: number;
  readonly #service: SimulatedService;
  readonly #process: Process;
  readonly #topic: string;
  readonly #plan: Plan;
  readonly #isForLetters: boolean;
  #isOpen = false;
  #isClosed = false;
  #next = 0;
  readonly #requests = new Map<string, number>();
  readonly #inFlight = new Set<string>();
  /** Of each lane the batch that has no final result. */
  readonly #unsettled = new Map<string, LaneBatch>();
  readonly #stored = new WeakMap<LaneBatch, readonly Written[]>();

  constructor(service: SimulatedService, process: Process, topic: string, plan: Plan) {
    this.#service = service;
    this.#process = process;
    this.#topic = topic;
    this.#plan = plan;
    this.#isForLetters = topic !== service.topic;
    this.maxEventBytes = this.#isForLetters ? 1_048_576 : maxEventBytes;
    const { requestsPerRoute, lanesPerRequest, eventsPerLane } = plan.service;
    this.limits = {
      requestsPerRoute,
      lanesPerRequest,
      eventsPerLane,
      bytesPerLane: 1_048_576,
      eventsPerRequest: 1_000,
      bytesPerRequest: 1_048_576,
    };
  }

  async open(): Promise<void> {
    await this.#service.turmoil.pass(this.#process);
    if (this.#service.turmoil.meets('open-refused') !== undefined)
      throw new StreamError('unavailable', 'the service does not answer', { where: 'simulation' });
    if (this.#service.turmoil.meets('open-forbidden') !== undefined)
      throw new StreamError('unauthorized', 'the process may not write here', { where: 'simulation' });
    this.#isOpen = true;
  }

  lane(event: EncodedEvent): string {
    if (!this.#isOpen) this.#breach('lane() before open()');
    const partitions = this.#service.logs(this.#topic).length;
    const key = keyId(event.key);
    if (key === undefined) return String(this.#next++ % partitions);
    const partition = String(hash(key) % partitions);
    return this.#plan.service.laneBy === 'partition' ? partition : `${partition}:${key}`;
  }

  route(lane: string): string {
    return `r${(Number.parseInt(lane, 10) + this.#service.routesMoved) % this.#plan.service.routes}`;
  }

  async write(route: string, batches: readonly LaneBatch[], signal: AbortSignal): Promise<readonly BatchResult[]> {
    if (!this.#process.alive) return never;
    this.#checkRequest(route, batches);
    this.#requests.set(route, (this.#requests.get(route) ?? 0) + 1);
    for (const { lane } of batches) this.#inFlight.add(lane);
    const results = await this.#unlessAborted(this.#request(batches), batches, signal);
    this.#requests.set(route, (this.#requests.get(route) ?? 1) - 1);
    for (const [index, batch] of batches.entries()) {
      this.#inFlight.delete(batch.lane);
      if (!StreamError.is(results[index]) && this.#unsettled.get(batch.lane) === batch)
        this.#unsettled.delete(batch.lane);
    }
    return results;
  }

  abandon(batch: LaneBatch): void {
    if (this.#unsettled.get(batch.lane) === batch) this.#unsettled.delete(batch.lane);
  }

  async close(): Promise<void> {
    if (this.#isClosed) this.#breach('close() twice');
    if (this.#inFlight.size > 0) this.#breach('close() with a request in flight');
    this.#isClosed = true;
    await this.#service.turmoil.pass(this.#process);
  }

  async #request(batches: readonly LaneBatch[]): Promise<readonly BatchResult[]> {
    const { turmoil } = this.#service;
    const slow = turmoil.meets('write-slow');
    await turmoil.travel(slow === undefined ? turmoil.latency() : 20 + slow.ms);
    const isPartial = batches.length > 1 && turmoil.meets('partial-failure') !== undefined;
    const results = batches.map((batch, index) =>
      isPartial && index % 2 === 0 ? this.#failed(batch, 'throttled', 'not-written') : this.#write(batch),
    );
    await turmoil.pass(this.#process);
    return results;
  }

  #write(batch: LaneBatch): BatchResult {
    const { turmoil } = this.#service;
    if (turmoil.meets(this.#isForLetters ? 'letter-refused' : 'write-refused') !== undefined)
      return this.#failed(batch, 'unavailable', 'not-written');
    if (this.#isForLetters && turmoil.meets('letter-forbidden') !== undefined)
      return this.#failed(batch, 'unauthorized', 'not-written');
    if (!this.#isForLetters) {
      if (turmoil.meets('write-lost') !== undefined) return this.#failed(batch, 'timeout', 'unknown');
      if (turmoil.meets('write-forbidden') !== undefined) return this.#failed(batch, 'unauthorized', 'not-written');
      if (batch.events.length > 1 && turmoil.meets('batch-too-large') !== undefined)
        return this.#failed(batch, 'event-too-large', 'not-written');
    }
    const [partition = ''] = batch.lane.split(':', 1);
    const before = this.#plan.service.idempotent ? this.#stored.get(batch) : undefined;
    const written =
      before ?? batch.events.map((event) => this.#service.store(this.#topic, partition, event, this.#process));
    this.#stored.set(batch, written);
    const isLost =
      turmoil.meets(this.#isForLetters ? 'letter-acknowledgement-lost' : 'acknowledgement-lost') !== undefined;
    return isLost ? this.#failed(batch, 'timeout', 'unknown') : written;
  }

  #failed(batch: LaneBatch, code: StreamError['code'], outcome: 'not-written' | 'unknown'): StreamError {
    return new StreamError(code, `a batch for ${batch.lane} failed`, { where: 'simulation', outcome });
  }

  /** What has left may arrive all the same. */
  #unlessAborted(
    work: Promise<readonly BatchResult[]>,
    batches: readonly LaneBatch[],
    signal: AbortSignal,
  ): Promise<readonly BatchResult[]> {
    return new Promise((resolve) => {
      const abort = (): void => resolve(batches.map((batch) => this.#failed(batch, 'aborted', 'unknown')));
      if (signal.aborted) return abort();
      signal.addEventListener('abort', abort, { once: true });
      void work.then((results) => {
        signal.removeEventListener('abort', abort);
        resolve(results);
      });
    });
  }

  #checkRequest(route: string, batches: readonly LaneBatch[]): void {
    const { requestsPerRoute, lanesPerRequest, eventsPerLane } = this.limits;
    if (this.#isClosed) this.#breach('write() after close()');
    if ((this.#requests.get(route) ?? 0) >= requestsPerRoute)
      this.#breach(`more than ${requestsPerRoute} requests on a route`);
    if (batches.length === 0 || batches.length > lanesPerRequest)
      this.#breach(`${batches.length} batches in a request`);
    for (const batch of batches) {
      if (this.#inFlight.has(batch.lane)) this.#breach(`two batches of lane ${batch.lane} in flight`);
      if (batch.events.length === 0 || batch.events.length > eventsPerLane)
        this.#breach(`${batch.events.length} events in a batch`);
      const before = this.#unsettled.get(batch.lane);
      if (before !== undefined && before !== batch)
        this.#breach(`a batch of lane ${batch.lane} overtook one without a result`);
      this.#unsettled.set(batch.lane, batch);
    }
    if (!this.#isForLetters) this.#checkBudget();
  }

  /** What left and has no final result is unsent for the producer. */
  #checkBudget(): void {
    const { events = 10_000, bytes = Infinity } = this.#plan.producer.maxBuffered ?? {};
    const unsent = [...this.#unsettled.values()].flatMap((batch) => batch.events);
    const size = unsent.reduce((sum, event) => sum + sizeOf(event), 0);
    if (unsent.length > events || (size > Number(bytes) && unsent.length > 1))
      this.#breach(`${unsent.length} unsent events of ${size} bytes, ${events} and ${bytes} are allowed`);
  }

  #breach(what: string): void {
    if (this.#process.alive) this.#service.turmoil.recorder.breach(what);
  }
}

/** FNV-1a, 32 bits, over UTF-16 units. Source: draft-eastlake-fnv. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return value >>> 0;
}
