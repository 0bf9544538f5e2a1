import { NodeHttpHandler, type NodeHttpHandlerOptions } from '@smithy/node-http-handler';
import { setTimeout as wait } from 'node:timers/promises';
import { type ShardLimits, ShardUse } from './shard-limits.ts';

export type { ShardLimits };

type Handle = NodeHttpHandler['handle'];
type Request = Parameters<Handle>[0];
type HandleOptions = Parameters<Handle>[1];
type Answer = Awaited<ReturnType<Handle>>;

/** What happens to a call that a fault bites. */
export type AwsFault =
  /** Each record of `PutRecords` is, with the rule's chance, not stored and answered as throttled; the call succeeds. */
  | { readonly kind: 'throttle-records' }
  /** Not carried out, answered as throttled. */
  | { readonly kind: 'throttle' }
  /** Not carried out, answered with another error of the service. */
  | { readonly kind: 'answer'; readonly error: string; readonly message?: string; readonly status?: number }
  /** Carried out, and then the connection breaks before the answer. */
  | { readonly kind: 'lose-answer' }
  /** Not carried out: nobody listens. */
  | { readonly kind: 'refuse' }
  | { readonly kind: 'delay'; readonly ms: number };

export interface AwsFaultRule {
  readonly fault: AwsFault;
  /** The operation, such as `PutRecords`; all where absent. */
  readonly operation?: string;
  /** Bites only calls whose body has this text in it: a stream, a table. */
  readonly mentions?: string;
  /** The chance that it bites, from 0 to 1. Default 1. */
  readonly chance?: number;
  /** Ends by itself after so many bites. */
  readonly times?: number;
  /** Bites only what comes beyond so many calls in a second, as a limit of the service does. Default 0. */
  readonly allowedPerSecond?: number;
}

interface ActiveRule extends AwsFaultRule {
  left: number;
  /** When calls of the last second were let through. */
  readonly allowed: number[];
}

/** Faults of AWS that its emulators do not show. Any number of clients can share them. */
export class AwsFaults {
  readonly #rules = new Set<ActiveRule>();
  readonly #random: () => number;
  #shards: ShardUse | undefined;
  #bites = 0;

  /** `random` returns a number in [0, 1). */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** How often a rule has bitten: calls, and records of `PutRecords`. */
  get bites(): number {
    return this.#bites;
  }

  /** Adds a rule; the result takes it away. */
  add(rule: AwsFaultRule): () => void {
    const active: ActiveRule = { ...rule, left: rule.times ?? Infinity, allowed: [] };
    this.#rules.add(active);
    return () => this.#rules.delete(active);
  }

  clear(): void {
    this.#rules.clear();
  }

  /**
   * Refuses what is more than a shard takes or gives in a second, as the service does and its emulators do not; the result ends that.
   * Calls of all clients count together: `GetRecords` fails, and of `PutRecords` the records that are too much.
   */
  limitShards(limits: ShardLimits = {}): () => void {
    const shards = new ShardUse(limits);
    this.#shards = shards;
    return () => {
      if (this.#shards === shards) this.#shards = undefined;
    };
  }

  /** What shards were given and asked for, while they are limited. */
  get shards(): ShardUse | undefined {
    return this.#shards;
  }

  /** A handler of requests for one client, as the AWS SDK takes it. */
  handler(options?: NodeHttpHandlerOptions): NodeHttpHandler {
    return new FaultyHandler(this, options);
  }

  /** The rules that bite this call, in the order in which they were added. */
  biting(operation: string, body: string): readonly ActiveRule[] {
    return [...this.#rules].filter((rule) => {
      const { mentions = '', chance = 1 } = rule;
      if ((rule.operation ?? operation) !== operation || !body.includes(mentions)) return false;
      // Records are judged one by one.
      if (rule.fault.kind === 'throttle-records') return operation === 'PutRecords';
      return !isAllowed(rule) && this.#random() < chance && this.bite(rule);
    });
  }

  /** Counts what a shard refused. */
  refused(): void {
    this.#bites++;
  }

  /** Counts one bite; `false` if the rule has none left. */
  bite(rule: ActiveRule): boolean {
    if (rule.left <= 0) return false;
    rule.left--;
    this.#bites++;
    return true;
  }

  bitesRecord(rule: ActiveRule): boolean {
    return this.#random() < (rule.chance ?? 1) && this.bite(rule);
  }
}

function isAllowed({ allowed, allowedPerSecond = 0 }: ActiveRule): boolean {
  const now = performance.now();
  while (allowed[0] !== undefined && allowed[0] <= now - 1_000) allowed.shift();
  if (allowed.length >= allowedPerSecond) return false;
  allowed.push(now);
  return true;
}

/** Carries requests over HTTP/1.1, as they are or with faults. */
class FaultyHandler extends NodeHttpHandler {
  readonly #faults: AwsFaults;

  constructor(faults: AwsFaults, options?: NodeHttpHandlerOptions) {
    super(options);
    this.#faults = faults;
  }

  override async handle(request: Request, options?: HandleOptions): Promise<Answer> {
    const operation = (request.headers['x-amz-target'] ?? '').split('.').at(-1) ?? '';
    const body = textOf(request.body);
    const rules = this.#faults.biting(operation, body);
    const partial = rules.find(({ fault }) => fault.kind === 'throttle-records');
    const { shards } = this.#faults;
    let carryOut = (): Promise<Answer> =>
      partial === undefined
        ? shards === undefined
          ? super.handle(request, options)
          : this.#withinLimits(shards, operation, request, body, options)
        : this.#withoutSome(
            request,
            body,
            recordsOf(body).map(() => this.#faults.bitesRecord(partial)),
            options,
          );
    for (const { fault } of rules) {
      const next = carryOut;
      switch (fault.kind) {
        case 'throttle-records':
          break;
        case 'throttle':
          return tooMuch();
        case 'answer':
          return failure(fault.error, fault.message ?? '', fault.status ?? 400);
        case 'refuse':
          throw systemError('ECONNREFUSED', 'connect ECONNREFUSED');
        case 'lose-answer':
          carryOut = async () => {
            await read((await next()).response.body);
            throw systemError('ECONNRESET', 'read ECONNRESET');
          };
          break;
        case 'delay':
          carryOut = async () => {
            await wait(fault.ms);
            return next();
          };
          break;
      }
    }
    return carryOut();
  }

  /** As long as a shard takes it; and learns which shard it was. */
  async #withinLimits(
    shards: ShardUse,
    operation: string,
    request: Request,
    body: string,
    options: HandleOptions | undefined,
  ): Promise<Answer> {
    const asked = fieldsOf(parsed(body));
    const { StreamName: name, StreamARN: arn } = asked;
    const stream = typeof name === 'string' ? name : typeof arn === 'string' ? arn : '';
    switch (operation) {
      case 'PutRecords': {
        const records = recordsOf(body).map(fieldsOf);
        const isRefused = records.map((record) => !shards.takesRecord(stream, record));
        for (const refused of isRefused) if (refused) this.#faults.refused();
        const answered = await this.#withoutSome(request, body, isRefused, options);
        const [copy, text] = await readAgain(answered);
        for (const [index, result] of recordsOf(text).map(fieldsOf).entries()) {
          const record = records[index];
          if (record !== undefined && typeof result['ShardId'] === 'string')
            shards.storedRecord(stream, record, result['ShardId']);
        }
        return copy;
      }
      case 'GetShardIterator': {
        const [copy, text] = await readAgain(await super.handle(request, options));
        const { ShardIterator: iterator } = fieldsOf(parsed(text));
        if (typeof iterator === 'string') shards.madeIterator(iterator, stream, String(asked['ShardId']));
        return copy;
      }
      case 'GetRecords': {
        const iterator = String(asked['ShardIterator']);
        if (!shards.answersRead(iterator)) {
          this.#faults.refused();
          return tooMuch();
        }
        const [copy, text] = await readAgain(await super.handle(request, options));
        const { NextShardIterator: next } = fieldsOf(parsed(text));
        if (typeof next === 'string') shards.nextIterator(iterator, next);
        return copy;
      }
      default:
        return super.handle(request, options);
    }
  }

  /** Some records go on, the others come back as failed, at their places. */
  async #withoutSome(
    request: Request,
    body: string,
    isBitten: readonly boolean[],
    options: HandleOptions | undefined,
  ): Promise<Answer> {
    const records = recordsOf(body);
    const kept = records.filter((_, index) => isBitten[index] === false);
    if (kept.length === records.length) return super.handle(request, options);
    let stored: unknown[] = [];
    if (kept.length > 0) {
      const rest = Buffer.from(JSON.stringify({ ...parsed(body), Records: kept }));
      request.body = rest;
      request.headers['content-length'] = String(rest.length);
      const { response } = await super.handle(request, options);
      const text = (await read(response.body)).toString('utf8');
      if (response.statusCode !== 200) return answer(response.statusCode, parsed(text));
      stored = recordsOf(text);
    }
    const results = isBitten.map((bitten) =>
      bitten
        ? { ErrorCode: 'ProvisionedThroughputExceededException', ErrorMessage: 'Rate exceeded for shard' }
        : stored.shift(),
    );
    return answer(200, { FailedRecordCount: records.length - kept.length, Records: results });
  }
}

function tooMuch(): Answer {
  return failure('ProvisionedThroughputExceededException', 'Rate exceeded for shard', 400);
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/** The answer, for whoever asked, and its text. */
async function readAgain({ response }: Answer): Promise<readonly [Answer, string]> {
  const body = await read(response.body);
  return [{ response: Object.assign(response, { body }) }, body.toString('utf8')];
}

function parsed(text: string): object {
  const value: unknown = JSON.parse(text);
  return typeof value === 'object' && value !== null ? value : {};
}

function recordsOf(text: string): unknown[] {
  const value = parsed(text);
  return 'Records' in value && Array.isArray(value.Records) ? value.Records : [];
}

function failure(error: string, message: string, status: number): Answer {
  return answer(status, { __type: error, message });
}

function answer(statusCode: number, body: object): Answer {
  const bytes = Buffer.from(JSON.stringify(body));
  // Structurally what the SDK asks of a response; its class is not exported from here.
  const response = {
    statusCode,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'content-length': String(bytes.length) },
    body: bytes,
  };
  return { response };
}

function systemError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

function textOf(body: unknown): string {
  if (typeof body === 'string') return body;
  return body instanceof Uint8Array ? Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8') : '';
}

async function read(body: unknown): Promise<Buffer> {
  if (body instanceof Uint8Array) return Buffer.from(body);
  const chunks: Uint8Array[] = [];
  if (typeof body === 'object' && body !== null && Symbol.asyncIterator in body)
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a Node stream of bytes
    for await (const chunk of body as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
