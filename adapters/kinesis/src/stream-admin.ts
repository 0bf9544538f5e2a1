import {
  AddTagsToStreamCommand,
  CreateStreamCommand,
  DecreaseStreamRetentionPeriodCommand,
  DeleteStreamCommand,
  IncreaseStreamRetentionPeriodCommand,
  type KinesisClient,
  ListStreamsCommand,
  MergeShardsCommand,
  SplitShardCommand,
  UpdateMaxRecordSizeCommand,
} from '@aws-sdk/client-kinesis';
import {
  abortable,
  sleep,
  StreamError,
  systemClock,
  type TopicDescription,
  type TopicSettings,
} from '@isostream/core/adapter';
import { isGroup, registeredConsumers } from './consume/registered-consumer.ts';
import { nameOf, toStreamError } from './errors.ts';
import type { KinesisSettings } from './options.ts';
import { listShards, nextReshard, openShards, type Reshard } from './shard-count.ts';
import { defaultRecordKib, describeStream, maxEventBytesTag, recordKibFor, type StreamFacts } from './stream-facts.ts';

const hourMs = 3_600_000;
const defaultHours = 24;
/** On AWS a stream is there within half a minute, a split takes as long, and each is waited for by itself. */
const changeMs = 300_000;
const firstPauseMs = 20;
const longestPauseMs = 1_000;

/** Streams: created, described, changed, deleted. Each call waits until what it changed can be used. */
export class StreamAdmin {
  readonly #client: KinesisClient;
  readonly #settings: KinesisSettings;

  constructor(client: KinesisClient, settings: KinesisSettings) {
    this.#client = client;
    this.#settings = settings;
  }

  async list(signal?: AbortSignal): Promise<readonly string[]> {
    const names: string[] = [];
    for (;;) {
      const after = names.at(-1);
      const command = new ListStreamsCommand(after === undefined ? {} : { ExclusiveStartStreamName: after });
      const answer = await this.#call('list streams', () => this.#client.send(command, abortable(signal)), signal);
      names.push(...(answer.StreamNames ?? []));
      if (answer.HasMoreStreams !== true || answer.StreamNames?.length === 0) return names;
    }
  }

  async describe(name: string, signal?: AbortSignal): Promise<TopicDescription | undefined> {
    const facts = await this.#facts(name, signal);
    if (facts === undefined) return undefined;
    const partitionNames = await this.#openShardNames(name, signal);
    return {
      name,
      partitions: partitionNames.length,
      partitionNames,
      retentionMs: facts.retentionHours * hourMs,
      maxEventBytes: facts.maxEventBytes,
      compaction: false,
    };
  }

  async create(name: string, settings: TopicSettings, signal?: AbortSignal): Promise<void> {
    const { partitions = this.#settings.undeclaredPartitions, retentionMs, maxEventBytes } = settings;
    const hours = retentionMs === undefined ? defaultHours : wholeHours(name, retentionMs);
    const kib = maxEventBytes === undefined ? defaultRecordKib : recordKibFor(maxEventBytes);
    const command = new CreateStreamCommand({
      StreamName: name,
      ...(partitions === 'on-demand'
        ? { StreamModeDetails: { StreamMode: 'ON_DEMAND' } }
        : { ShardCount: partitions, StreamModeDetails: { StreamMode: 'PROVISIONED' } }),
      ...(kib === defaultRecordKib ? {} : { MaxRecordSizeInKiB: kib }),
      ...(maxEventBytes === undefined ? {} : { Tags: { [maxEventBytesTag]: String(maxEventBytes) } }),
    });
    try {
      await this.#call(what(name), () => this.#client.send(command, abortable(signal)), signal);
    } catch (error) {
      if (!isInUse(error)) throw error;
      // Somebody else is creating it at this moment: whoever is told so must be able to use it.
      await this.#untilActive(name, signal);
      throw new StreamError('conflict', `${what(name)}: the topic exists`, { where: 'kinesis', cause: error });
    }
    await this.#untilActive(name, signal);
    await this.#setRetention(name, hours, signal);
  }

  async alter(name: string, settings: TopicSettings, signal?: AbortSignal): Promise<void> {
    const { partitions, retentionMs, maxEventBytes } = settings;
    const hours = retentionMs === undefined ? undefined : wholeHours(name, retentionMs);
    const facts = await this.#required(name, signal);
    if (partitions !== undefined && partitions !== facts.openShards && facts.isOnDemand)
      throw new StreamError(
        'unsupported',
        `${what(name)}: its capacity is on demand, AWS decides on the number of shards. Declare no partitions, or change its mode`,
        { where: 'kinesis' },
      );
    if (maxEventBytes !== undefined) await this.#setMaxEventBytes(name, maxEventBytes, facts, signal);
    if (hours !== undefined) await this.#setRetention(name, hours, signal);
    if (partitions !== undefined) await this.#setShards(name, partitions, signal);
  }

  async delete(name: string, signal?: AbortSignal): Promise<void> {
    const { arn } = await this.#required(name, signal);
    // Registered consumers hold a stream back. Those of groups go with it; where others have some, all stays as it is.
    const consumers = await this.#call(what(name), () => registeredConsumers(this.#client, arn, signal), signal);
    const others = consumers.filter((consumer) => !isGroup(consumer));
    if (others.length > 0)
      throw new StreamError(
        'conflict',
        `${what(name)}: others registered consumers, such as "${others[0]?.ConsumerName}". Deregister them first`,
        { where: 'kinesis' },
      );
    const command = new DeleteStreamCommand({
      StreamName: name,
      ...(consumers.length === 0 ? {} : { EnforceConsumerDeletion: true }),
    });
    await this.#call(what(name), () => this.#client.send(command, abortable(signal)), signal);
    await this.#until(name, (facts) => facts === undefined, signal);
  }

  async #setRetention(name: string, hours: number, signal?: AbortSignal): Promise<void> {
    const { retentionHours } = await this.#required(name, signal);
    if (hours === retentionHours) return;
    const input = { StreamName: name, RetentionPeriodHours: hours };
    try {
      await this.#change(
        name,
        () =>
          hours > retentionHours
            ? this.#client.send(new IncreaseStreamRetentionPeriodCommand(input), abortable(signal))
            : this.#client.send(new DecreaseStreamRetentionPeriodCommand(input), abortable(signal)),
        signal,
      );
    } catch (error) {
      // Another client may have made the same change at the same time, and then there is nothing to change.
      if ((await this.#required(name, signal)).retentionHours !== hours) throw error;
    }
    await this.#until(name, (facts) => facts?.isActive === true && facts.retentionHours === hours, signal);
  }

  async #setMaxEventBytes(name: string, bytes: number, facts: StreamFacts, signal?: AbortSignal): Promise<void> {
    const kib = recordKibFor(bytes);
    // A larger limit of Kinesis does no harm: clients keep to the tag.
    if (kib > facts.maxRecordKib) {
      const command = new UpdateMaxRecordSizeCommand({ StreamARN: facts.arn, MaxRecordSizeInKiB: kib });
      try {
        await this.#change(name, () => this.#client.send(command, abortable(signal)), signal);
      } catch (error) {
        if (StreamError.is(error) && isUnknownOperation(error.cause)) throw fixedLimit(name, facts, error);
        throw error;
      }
    }
    const command = new AddTagsToStreamCommand({ StreamName: name, Tags: { [maxEventBytesTag]: String(bytes) } });
    await this.#change(name, () => this.#client.send(command, abortable(signal)), signal);
    await this.#untilActive(name, signal);
  }

  async #setShards(name: string, wanted: number, signal?: AbortSignal): Promise<void> {
    for (;;) {
      const shards = await this.#call(what(name), () => listShards(this.#client, name, signal), signal);
      const command = nextReshard(name, shards, wanted);
      if (command === undefined) return;
      await this.#change(name, () => this.#send(command, signal), signal);
      await this.#untilActive(name, signal);
    }
  }

  #send(command: Reshard, signal?: AbortSignal): Promise<unknown> {
    if (command instanceof SplitShardCommand) return this.#client.send(command, abortable(signal));
    if (command instanceof MergeShardsCommand) return this.#client.send(command, abortable(signal));
    return this.#client.send(command, abortable(signal));
  }

  async #openShardNames(name: string, signal?: AbortSignal): Promise<readonly string[]> {
    const shards = await this.#call(what(name), () => listShards(this.#client, name, signal), signal);
    return openShards(shards).map(({ ShardId: id = '' }) => id);
  }

  #facts(name: string, signal?: AbortSignal): Promise<StreamFacts | undefined> {
    return this.#call(what(name), () => describeStream(this.#client, name, signal), signal);
  }

  async #required(name: string, signal?: AbortSignal): Promise<StreamFacts> {
    const facts = await this.#facts(name, signal);
    if (facts !== undefined) return facts;
    throw new StreamError('unknown-topic', `${what(name)}: it does not exist in this region and account`, {
      where: 'kinesis',
    });
  }

  #untilActive(name: string, signal?: AbortSignal): Promise<void> {
    return this.#until(name, (facts) => facts?.isActive === true, signal);
  }

  async #until(name: string, isSo: (facts: StreamFacts | undefined) => boolean, signal?: AbortSignal): Promise<void> {
    const deadline = systemClock.monotonic() + changeMs;
    for (let pauseMs = firstPauseMs; !isSo(await this.#facts(name, signal)); pauseMs *= 2) {
      if (systemClock.monotonic() > deadline)
        throw new StreamError(
          'timeout',
          `${what(name)}: AWS was not done with the change within ${changeMs / 1_000} s`,
          {
            where: 'kinesis',
          },
        );
      await sleep(systemClock, Math.min(pauseMs, longestPauseMs), signal);
    }
  }

  /** As `call`, and again while another change of the stream is under way. */
  #change(name: string, request: () => Promise<unknown>, signal?: AbortSignal): Promise<unknown> {
    return this.#call(what(name), request, signal, (error) => error.retryable, changeMs);
  }

  /** Again while AWS refuses the rate, as it does with a few calls per second of an account. */
  async #call<T>(
    subject: string,
    request: () => Promise<T>,
    signal: AbortSignal | undefined,
    isTransient: (error: StreamError) => boolean = ({ code }) => code === 'throttled',
    forMs = this.#settings.requestTimeoutMs,
  ): Promise<T> {
    const deadline = systemClock.monotonic() + forMs;
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      try {
        return await request();
      } catch (thrown) {
        const error = toStreamError(thrown, subject);
        if (!isTransient(error) || systemClock.monotonic() > deadline) throw error;
        await sleep(systemClock, pauseMs * (0.5 + Math.random() / 2), signal);
      }
    }
  }
}

function wholeHours(name: string, retentionMs: number): number {
  const hours = retentionMs / hourMs;
  if (Number.isInteger(hours)) return hours;
  throw new StreamError(
    'unsupported',
    `${what(name)}: Kinesis keeps whole hours, not ${retentionMs} ms. Declare a retention of ${Math.ceil(hours)}h`,
    { where: 'kinesis' },
  );
}

function what(name: string): string {
  return `stream "${name}"`;
}

/** Emulators that are older than the operation: each says it in its own words. */
function isUnknownOperation(thrown: unknown): boolean {
  return (
    nameOf(thrown) === 'UnknownOperationException' ||
    (thrown instanceof Error && /unable to determine service|not (?:yet )?implemented/i.test(thrown.message))
  );
}

function fixedLimit(name: string, { maxRecordKib }: StreamFacts, cause: unknown): StreamError {
  const message = `${what(name)}: this service takes records of ${maxRecordKib} KiB at most. Declare a smaller maxEventBytes`;
  return new StreamError('unsupported', message, { where: 'kinesis', cause });
}

function isInUse(error: unknown): boolean {
  return nameOf(StreamError.is(error) ? error.cause : error) === 'ResourceInUseException';
}
