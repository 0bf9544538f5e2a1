import {
  abortedBy,
  type BatchResult,
  type EncodedEvent,
  type InFlightLimits,
  type LaneBatch,
  type Sink,
  StreamError,
  untilAborted,
  type Written,
} from '@isostream/core/adapter';
import { type Cluster, isAnother, type SeenTopic } from '../client/cluster.ts';
import { kafkaError, toStreamError } from '../errors.ts';
import type { KafkaSettings } from '../options.ts';
import type { NodeId } from '../client/wire.ts';
import type { ProduceResult, ProducerIdentity } from '../client/produce-request.ts';
import { partitionOf } from './partitioner.ts';
import { Sequences } from './sequences.ts';

/** Of a record batch and its record, beside key, value and headers. */
const overhead = 200;
const defaultMaxBytes = 1_048_588;
const noLeader = 'none';

/** Errors after which another producer id is needed: the broker does not follow this one's sequences any more. */
const identityErrors = new Set([45, 47, 59, 90]);

/**
 * Writes with a producer id and sequences of its own, one request in flight a broker.
 * A batch keeps its sequence until it is stored or given up, so a second attempt of the very same batch is recognised by
 * the broker. Once a batch was given up its partition goes on under a new producer id: under the old one the broker
 * would take the next batch for the one that it may have stored, and acknowledge without storing.
 */
export class KafkaSink implements Sink {
  readonly limits: InFlightLimits;
  readonly #cluster: Cluster;
  readonly #topic: string;
  readonly #settings: KafkaSettings;
  #sequences = new Sequences<ProducerIdentity>();
  #identity: Promise<ProducerIdentity> | undefined;
  #partitions = 0;
  #opened: SeenTopic | undefined;
  #maxBytes = defaultMaxBytes - overhead;
  #keepsStoredTime = true;
  #next = 0;
  /** The last offset that was stored in each partition. */
  readonly #ends = new Map<string, bigint>();
  /** The topic was created anew since it was opened. */
  #isOutdated = false;

  constructor(cluster: Cluster, topic: string, settings: KafkaSettings) {
    this.#cluster = cluster;
    this.#topic = topic;
    this.#settings = settings;
    const bytesPerLane = (): number => this.#maxBytes;
    this.limits = {
      requestsPerRoute: 1,
      lanesPerRequest: Infinity,
      eventsPerLane: 10_000,
      /** The topic's own limit holds for a whole batch. */
      get bytesPerLane() {
        return bytesPerLane();
      },
      eventsPerRequest: 20_000,
      bytesPerRequest: 16 * 1_048_576,
    };
  }

  get maxEventBytes(): number {
    return this.#maxBytes;
  }

  get keepsStoredTime(): boolean {
    return this.#keepsStoredTime;
  }

  async open(signal: AbortSignal): Promise<void> {
    const topic = await untilAborted(this.#cluster.refresh(this.#topic), signal);
    await untilAborted(this.#readConfigs(), signal);
    if (this.#partitions > 0) {
      // Opened again: a topic that was created anew follows no numbers of the old one.
      this.#identity = undefined;
      this.#sequences = new Sequences();
    }
    await untilAborted(this.#freshIdentity(), signal);
    this.#ends.clear();
    this.#isOutdated = false;
    // Last: a changed number of partitions would move keys, so it is fixed until the sink is opened again.
    this.#partitions = topic.partitions.length;
    this.#opened = topic;
  }

  lane(event: EncodedEvent): string {
    if (event.key !== null) return String(partitionOf(event.key, this.#partitions));
    return String(this.#next++ % this.#partitions);
  }

  route(lane: string): string {
    const leader = this.#cluster.leader(this.#topic, Number(lane));
    return leader < 0 ? noLeader : String(leader);
  }

  async write(route: string, batches: readonly LaneBatch[], signal: AbortSignal): Promise<readonly BatchResult[]> {
    const results = new Map<LaneBatch, BatchResult>();
    if (this.#isOutdated)
      // What may be stored already is written again as it is.
      for (const batch of batches) if (!this.#sequences.isDoubtful(batch)) results.set(batch, this.#misplaced(batch));
    const open = batches.filter((batch) => !results.has(batch));
    if (route === noLeader)
      for (const batch of open) results.set(batch, this.#notWritten(batch, kafkaError(5, this.#name(batch))));
    else if (open.length > 0) {
      try {
        const identity = await untilAborted(this.#freshIdentity(), signal);
        for (const batch of open) this.#sequences.assign(batch, identity);
        // Nearly always one group: another identity is left over from a batch that is still in doubt.
        for (const [owner, group] of this.#sequences.byIdentity(open)) {
          for (const [batch, result] of await this.#produce(Number(route), owner, group, signal))
            results.set(batch, result);
        }
      } catch (thrown) {
        const error = signal.aborted ? abortedBy(signal) : toStreamError(thrown, `topic "${this.#topic}"`);
        for (const batch of open) if (!results.has(batch)) results.set(batch, this.#notWritten(batch, error));
      }
    }
    if ([...results.values()].some((result) => StreamError.is(result) && result.retryable))
      await this.#refreshLeaders(results, signal);
    return batches.map(
      (batch) =>
        results.get(batch) ??
        new StreamError('internal', `no result for ${this.#name(batch)}`, { where: 'kafka', outcome: 'unknown' }),
    );
  }

  abandon(batch: LaneBatch): void {
    if (this.#sequences.abandon(batch)) this.#identity = undefined;
  }

  async close(): Promise<void> {}

  async #produce(
    node: NodeId,
    identity: ProducerIdentity,
    batches: readonly LaneBatch[],
    signal: AbortSignal,
  ): Promise<Map<LaneBatch, BatchResult>> {
    const results = new Map<LaneBatch, BatchResult>();
    try {
      const answers = await untilAborted(
        this.#cluster.wire.produce(node, {
          topic: this.#topic,
          identity,
          compression: this.#settings.compression,
          timeoutMs: this.#settings.requestTimeoutMs,
          partitions: batches.map((batch) => ({
            partition: Number(batch.lane),
            firstSequence: this.#sequences.first(batch),
            records: batch.events,
          })),
        }),
        signal,
      );
      const byPartition = new Map(answers.map((answer) => [answer.partition, answer]));
      for (const batch of batches) results.set(batch, this.#judge(batch, byPartition.get(Number(batch.lane))));
    } catch (thrown) {
      const error = signal.aborted
        ? abortedBy(signal).withOutcome('unknown')
        : toStreamError(thrown, `topic "${this.#topic}"`);
      for (const batch of batches)
        results.set(
          batch,
          error.outcome === 'not-written' ? this.#notWritten(batch, error) : this.#doubtful(batch, error),
        );
    }
    return results;
  }

  #judge(batch: LaneBatch, answer: ProduceResult | undefined): readonly Written[] | StreamError {
    // A partition that does not exist gets no answer at all.
    if (answer === undefined) return this.#notWritten(batch, kafkaError(3, this.#name(batch)));
    const { error, baseOffset } = answer;
    if (error === 0) {
      this.#sequences.stored(batch);
      // A log that begins again is that of another topic of this name.
      if (baseOffset <= (this.#ends.get(batch.lane) ?? -1n)) this.#isOutdated = true;
      this.#ends.set(batch.lane, baseOffset + BigInt(batch.events.length - 1));
      return batch.events.map((_, index) => ({ partition: batch.lane, position: String(baseOffset + BigInt(index)) }));
    }
    if (identityErrors.has(error)) {
      this.#identity = undefined;
      const failure = kafkaError(error, this.#name(batch));
      const isDoubtful = this.#sequences.isDoubtful(batch);
      this.#sequences.renew(batch);
      return failure.withOutcome(isDoubtful ? 'unknown' : 'not-written');
    }
    const failure = kafkaError(error, this.#name(batch));
    if (error === 7 || error === 20 || failure.code === 'internal') return this.#doubtful(batch, failure);
    // A topic that was there a moment ago may only be unknown to a broker that just started.
    if (error === 3)
      return this.#notWritten(
        batch,
        new StreamError('unavailable', failure.message, { where: 'kafka', cause: failure }),
      );
    return this.#notWritten(batch, failure);
  }

  #notWritten(batch: LaneBatch, error: StreamError): StreamError {
    if (this.#sequences.isDoubtful(batch)) return error.withOutcome('unknown');
    this.#sequences.takeBack(batch);
    return error.withOutcome('not-written');
  }

  /** Its partition is not there any more, or may be another one for the keys of the batch. */
  #misplaced(batch: LaneBatch): StreamError {
    return this.#notWritten(
      batch,
      new StreamError(
        'topic-mismatch',
        `${this.#name(batch)}: the topic was deleted and created again while this producer was open, which had seen ${this.#partitions} partitions. Send the event again: the producer opens the topic as it is now`,
        { where: 'kafka' },
      ),
    );
  }

  #doubtful(batch: LaneBatch, error: StreamError): StreamError {
    this.#sequences.doubt(batch);
    return error.withOutcome('unknown');
  }

  /**
   * Leaders as they are now. A topic that is gone turns its failures into ones that nobody retries; one that was created
   * anew without a batch's partition has no place for it.
   */
  async #refreshLeaders(results: Map<LaneBatch, BatchResult>, signal: AbortSignal): Promise<void> {
    try {
      const topic = await untilAborted(this.#cluster.refresh(this.#topic), signal);
      if (topic.partitions.length >= this.#partitions && !isAnother(this.#opened, topic)) return;
      this.#isOutdated = true;
      for (const [batch, result] of results)
        if (StreamError.is(result) && Number(batch.lane) >= topic.partitions.length)
          results.set(batch, this.#misplaced(batch));
    } catch (thrown) {
      const error = toStreamError(thrown, `topic "${this.#topic}"`);
      if (error.code !== 'unknown-topic') return;
      for (const [batch, result] of results)
        if (StreamError.is(result)) results.set(batch, error.withOutcome(result.outcome ?? 'unknown'));
    }
  }

  #freshIdentity(): Promise<ProducerIdentity> {
    if (this.#identity === undefined) {
      const asked = this.#cluster.wire.initProducerId().catch((thrown: unknown) => {
        if (this.#identity === asked) this.#identity = undefined;
        throw toStreamError(thrown, `topic "${this.#topic}"`).withOutcome('not-written');
      });
      this.#identity = asked;
    }
    return this.#identity;
  }

  /** Writing needs no permission to read settings: without it Kafka's default is assumed. */
  async #readConfigs(): Promise<void> {
    const configs = await this.#cluster.wire.describeConfigs(this.#topic).catch(() => []);
    const values = new Map(configs.map(({ name, value }) => [name, value]));
    this.#maxBytes = Number(values.get('max.message.bytes') ?? defaultMaxBytes) - overhead;
    this.#keepsStoredTime = values.get('message.timestamp.type') !== 'LogAppendTime';
  }

  #name(batch: LaneBatch): string {
    return `topic "${this.#topic}", partition ${batch.lane}`;
  }
}
