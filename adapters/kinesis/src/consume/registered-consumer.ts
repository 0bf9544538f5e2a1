import {
  type Consumer,
  DeregisterStreamConsumerCommand,
  DescribeStreamConsumerCommand,
  type KinesisClient,
  ListStreamConsumersCommand,
  RegisterStreamConsumerCommand,
} from '@aws-sdk/client-kinesis';
import { createHash } from 'node:crypto';
import { abortable, sleep, StreamError, systemClock } from '@isostream/core/adapter';
import { nameOf, toStreamError } from '../errors.ts';

/** AWS takes some seconds for it. */
const registeredMs = 60_000;
const lookMs = 200;

/** The most characters of a consumer's name. */
const maxLength = 128;

/** What the names of all groups begin with. */
const prefix = 'isostream-';

/** What a group is called as a registered consumer of its stream, which takes letters, digits, `.`, `_` and `-`. */
export function consumerNameOf(group: string): string {
  const name = `${prefix}${group}`;
  if (/^[\w.-]+$/.test(name) && name.length <= maxLength) return name;
  const digest = createHash('sha256').update(group).digest('hex').slice(0, 10);
  return `${name.replaceAll(/[^\w.-]+/g, '-').slice(0, maxLength - digest.length - 1)}-${digest}`;
}

/** The registered consumer of one group, which all its members share. Each call is tried once. */
export class RegisteredConsumer {
  readonly #kinesis: KinesisClient;
  readonly #what: string;
  readonly #name: string;
  #arn: Promise<string> | undefined;

  constructor(kinesis: KinesisClient, topic: string, group: string) {
    this.#kinesis = kinesis;
    this.#name = consumerNameOf(group);
    this.#what = `consumer "${this.#name}" of stream "${topic}"`;
  }

  /**
   * Its ARN, once it may subscribe; registers it where there is none. Rejects with a `StreamError`. All who ask meanwhile wait for
   * one answer, so it is nothing that a single shard could call off.
   */
  arn(stream: () => Promise<string>, signal: AbortSignal): Promise<string> {
    if (this.#arn === undefined) {
      const asked = stream()
        .then((streamArn) => this.#open(streamArn, signal))
        .catch((thrown: unknown) => {
          throw toStreamError(thrown, this.#what);
        });
      this.#arn = asked;
      asked.catch(() => this.forget());
    }
    return this.#arn;
  }

  /** It may have been taken away: the next call looks again. */
  forget(): void {
    this.#arn = undefined;
  }

  /** No effect where there is none. */
  async deregister(streamArn: string, signal?: AbortSignal): Promise<void> {
    this.forget();
    try {
      await deregister(this.#kinesis, streamArn, this.#name, signal);
    } catch (thrown) {
      throw toStreamError(thrown, this.#what);
    }
  }

  async #open(streamArn: string, signal: AbortSignal): Promise<string> {
    const deadline = systemClock.monotonic() + registeredMs;
    while (systemClock.monotonic() < deadline) {
      const { status, arn } = await this.#find(streamArn, signal);
      if (status === 'ACTIVE' && arn !== undefined) return arn;
      if (status === undefined) await this.#register(streamArn, signal);
      else await sleep(systemClock, lookMs, signal);
    }
    const message = `${this.#what} was not active within ${registeredMs / 1_000} s. It is retried`;
    throw new StreamError('timeout', message, { where: 'kinesis' });
  }

  async #find(
    streamArn: string,
    signal: AbortSignal,
  ): Promise<{ readonly status: string | undefined; readonly arn?: string | undefined }> {
    try {
      const command = new DescribeStreamConsumerCommand({ StreamARN: streamArn, ConsumerName: this.#name });
      const { ConsumerDescription: found } = await this.#kinesis.send(command, abortable(signal));
      return { status: found?.ConsumerStatus, arn: found?.ConsumerARN };
    } catch (thrown) {
      if (nameOf(thrown) === 'ResourceNotFoundException') return { status: undefined };
      throw thrown;
    }
  }

  async #register(streamArn: string, signal: AbortSignal): Promise<void> {
    try {
      const command = new RegisterStreamConsumerCommand({ StreamARN: streamArn, ConsumerName: this.#name });
      await this.#kinesis.send(command, abortable(signal));
    } catch (thrown) {
      // Another member registered it at this moment, which is as good.
      if (nameOf(thrown) !== 'ResourceInUseException') throw thrown;
    }
  }
}

/** The registered consumers of a stream. Who may not see any, or has a service that knows none, has none. */
export async function registeredConsumers(
  kinesis: KinesisClient,
  streamArn: string,
  signal: AbortSignal | undefined,
): Promise<readonly Consumer[]> {
  try {
    return await consumersOf(kinesis, streamArn, signal);
  } catch (thrown) {
    const { code } = toStreamError(thrown, 'the registered consumers of a stream');
    if (code !== 'unauthorized' && code !== 'unsupported') throw thrown;
    return [];
  }
}

/** Whether it was registered for a group, and not by others. */
export function isGroup({ ConsumerName: name }: Consumer): boolean {
  return name?.startsWith(prefix) === true;
}

async function consumersOf(
  kinesis: KinesisClient,
  streamArn: string,
  signal: AbortSignal | undefined,
): Promise<readonly Consumer[]> {
  const found: Consumer[] = [];
  let after: string | undefined;
  do {
    const next = after === undefined ? {} : { NextToken: after };
    const command = new ListStreamConsumersCommand({ StreamARN: streamArn, ...next });
    const { Consumers: consumers = [], NextToken: token } = await kinesis.send(command, abortable(signal));
    found.push(...consumers);
    after = token;
  } while (after !== undefined);
  return found;
}

async function deregister(
  kinesis: KinesisClient,
  streamArn: string,
  name: string | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    const command = new DeregisterStreamConsumerCommand({ StreamARN: streamArn, ConsumerName: name });
    await kinesis.send(command, abortable(signal));
  } catch (thrown) {
    if (nameOf(thrown) !== 'ResourceNotFoundException') throw thrown;
  }
}
