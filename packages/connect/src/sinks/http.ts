import { pause } from '@isostream/core/adapter';
import { type Config, ConfigError } from '../config/definition.ts';
import { jsonTextOf } from '../converters/json.ts';
import { javaText } from '../data/java-text.ts';
import { DataError } from '../data/values.ts';
import { asked } from './asked.ts';
import { type HttpForm, httpDefinitions, httpForm, httpWithoutEffect } from './http-form.ts';
import { type ItemAnswer, itemAnswers } from './http-answers.ts';
import {
  type PutResult,
  refused,
  type Sink,
  type SinkClass,
  type SinkContext,
  type SinkRecord,
  stored,
  TargetUnavailable,
} from './sink.ts';

/** Requests to an HTTP endpoint, with one record or several. */
export const httpSink: SinkClass = {
  classNames: [
    'io.confluent.connect.http.HttpSinkConnector',
    'io.aiven.kafka.connect.http.HttpSinkConnector',
    'HttpSinkConnector',
    'HttpSink',
  ],
  definitions: httpDefinitions,
  withoutEffect: httpWithoutEffect,
  create: (config, context) => new HttpSink(config, context),
};

interface Part {
  readonly index: number;
  readonly record: SinkRecord;
  readonly method: string;
  readonly url: string;
  readonly body: string;
}

/** The longest that an answer can make us wait: what asks for more is asked again then. */
const longestWaitMs = 60_000;

/** One for all: to make an error takes longer than to send a record. */
const unsent: PutResult = {
  state: 'later',
  error: new TargetUnavailable('the endpoint is not there: it was not sent yet'),
};

class HttpSink implements Sink {
  readonly #form: HttpForm;
  readonly #context: SinkContext;
  /** The endpoint asked to be left alone until then. */
  #notBefore = 0;

  constructor(config: Config, context: SinkContext) {
    this.#form = httpForm(config);
    this.#context = context;
  }

  async put(records: readonly SinkRecord[], signal: AbortSignal): Promise<readonly PutResult[]> {
    const results: PutResult[] = records.map(() => unsent);
    const parts: Part[] = [];
    for (const [index, record] of records.entries()) {
      try {
        const part = this.#part(record, index);
        if (part === undefined) results[index] = stored;
        else parts.push(part);
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        results[index] = this.#bad(error);
      }
    }
    // Where the endpoint is down, the others are not tried: they come again with those that were.
    for (const batch of batchesOf(parts, this.#form.batchSize)) if (!(await this.#send(batch, results, signal))) break;
    return results;
  }

  #part(record: SinkRecord, index: number): Part | undefined {
    const { nulls, url, method, format } = this.#form;
    const isNull = record.value.value === null;
    if (isNull && nulls === 'log')
      this.#context.say(
        `a record without a value is passed over: ${record.origin.topic}/${record.origin.partition} at ${record.origin.position}`,
      );
    if (isNull && (nulls === 'ignore' || nulls === 'log')) return undefined;
    if (isNull && nulls === 'fail')
      throw new DataError('the value is null, and behavior.on.null.values is fail. Set it to ignore, log or delete');
    const key = (): string => encodeURIComponent(record.key.value === null ? '' : javaText(record.key.value));
    const target = url.replaceAll(/\$\{(topic|key)\}/g, (_, name) =>
      name === 'key' ? key() : encodeURIComponent(record.topic),
    );
    const body = isNull ? '' : format === 'json' ? jsonTextOf(record.value) : textOf(record);
    return { index, record, method: isNull ? 'DELETE' : method, url: target, body };
  }

  /**
   * Sends a batch. What a refused one was refused for is found by sending each record by itself. Resolves with `false` where the
   * endpoint is not there.
   */
  async #send(batch: readonly Part[], results: PutResult[], signal: AbortSignal): Promise<boolean> {
    const answer = await this.#request(batch, signal);
    if (answer instanceof TargetUnavailable) {
      for (const { index } of batch) results[index] = { state: 'later', error: answer };
      return false;
    }
    const { status, text } = answer;
    const items = batch.length > 1 || status === 207 ? itemAnswers(text, batch.length) : undefined;
    if (items !== undefined) {
      for (const [at, { index }] of batch.entries()) results[index] = this.#resultOf(items[at] ?? { status });
      return true;
    }
    if (status >= 200 && status < 300) {
      for (const { index } of batch) results[index] = stored;
      return true;
    }
    const [only, ...others] = batch;
    if (only !== undefined && others.length === 0) {
      results[only.index] = this.#resultOf({ status, error: text.slice(0, 500) });
      return true;
    }
    for (const part of batch) if (!(await this.#send([part], results, signal))) return false;
    return true;
  }

  #resultOf({ status, error = '' }: ItemAnswer): PutResult {
    if (status >= 200 && status < 300) return stored;
    const message = `the endpoint answers ${status}${error === '' ? '' : `: ${error}`}`;
    if (this.#form.isRetried(status)) return { state: 'later', error: new TargetUnavailable(message) };
    return this.#bad(new DataError(message));
  }

  #bad(error: DataError): PutResult {
    const { errors } = this.#form;
    if (errors === 'log') this.#context.say(error.message);
    return refused(error, errors !== 'fail');
  }

  async #request(
    batch: readonly Part[],
    signal: AbortSignal,
  ): Promise<{ readonly status: number; readonly text: string } | TargetUnavailable> {
    const [first] = batch;
    if (first === undefined) return { status: 200, text: '' };
    const wait = this.#notBefore - Date.now();
    if (wait > 0) await pause(Math.min(wait, longestWaitMs), signal);
    const { headers, timeoutMs, prefix, separator, suffix, isBatched } = this.#form;
    const body = isBatched ? prefix + batch.map((part) => part.body).join(separator) + suffix : first.body;
    try {
      return await asked({ what: 'the endpoint', where: 'http sink', timeoutMs, signal }, async (either) => {
        const response = await fetch(first.url, {
          method: first.method,
          headers: { ...headers, ...(batch.length === 1 ? { 'idempotency-key': idOf(first.record) } : {}) },
          ...(first.method === 'DELETE' ? {} : { body }),
          redirect: 'manual',
          signal: either,
        });
        const { status } = response;
        const text = await response.text();
        if (status === 401 || status === 403)
          throw new ConfigError(
            `the endpoint answers ${status}. Check the login and headers of the file, and what it may do`,
          );
        if (status >= 300 && status < 400)
          throw new ConfigError(
            `the endpoint answers ${status}: it is elsewhere. Use the address that it redirects to`,
          );
        const isDone = status >= 200 && status < 300;
        if (isDone || !this.#form.isRetried(status)) return { status, text };
        this.#notBefore = Date.now() + waitOf(response.headers.get('retry-after'));
        throw new TargetUnavailable(`the endpoint answers ${status}`);
      });
    } catch (error) {
      // The others of the call may be elsewhere, or stored already.
      if (error instanceof TargetUnavailable) return error;
      throw error;
    }
  }
}

/** Records of one address, in their order, and never more than fit. */
function batchesOf(parts: readonly Part[], size: number): readonly (readonly Part[])[] {
  const batches: Part[][] = [];
  const open = new Map<string, Part[]>();
  for (const part of parts) {
    const place = `${part.method} ${part.url}`;
    const batch = open.get(place);
    if (batch !== undefined && batch.length < size && part.method !== 'DELETE') batch.push(part);
    else {
      const next = [part];
      open.set(place, next);
      batches.push(next);
    }
  }
  return batches;
}

/** By this an endpoint can tell a record that comes again. With its time: a topic that is made again has the same positions. */
function idOf({ origin, timestamp }: SinkRecord): string {
  return encodeURIComponent(`${origin.topic}+${origin.partition}+${origin.position}+${timestamp ?? ''}`);
}

function textOf({ value }: SinkRecord): string {
  return value.value instanceof Uint8Array ? Buffer.from(value.value).toString() : javaText(value.value);
}

/** Seconds, or a date. */
function waitOf(retryAfter: string | null): number {
  if (retryAfter === null) return 0;
  const ms = /^\d+$/.test(retryAfter.trim()) ? Number(retryAfter) * 1_000 : Date.parse(retryAfter) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
}
