import {
  abortedBy,
  type ErrorCode,
  linkedSignal,
  settledWithin,
  StreamError,
  untilAborted,
} from '@isostream/core/adapter';
import { type ConnectionConfig, ConnectionContextBase } from '@azure/core-amqp';
import { type AwaitableSender, ConnectionEvents, type EventContext, type Receiver } from 'rhea-promise';
import { setMaxListeners } from 'node:events';
import { toStreamError } from '../errors.ts';
import type { EventHubsSettings } from '../settings.ts';
import { Claims } from './claims.ts';
import { Link } from './link.ts';
import { abandon, onInput } from './native.ts';
import { type ReaderOptions, readerOf } from './reader.ts';
import type { Refusals, Standing } from './refusals.ts';
import { Requests } from './requests.ts';
import { Silence } from './silence.ts';
import type { Tokens } from './tokens.ts';
import { writerOf } from './writer.ts';

const longestTimer = 2 ** 31 - 1;
const renewAgainMs = 30_000;

const closed = { name: 'MessagingError', message: 'the connection was closed' };

/** What says that the namespace cannot be used. */
const proofs: ReadonlySet<ErrorCode> = new Set([
  'unavailable',
  'timeout',
  'tls',
  'unauthenticated',
  'unauthorized',
  'throttled',
  'aborted',
]);

/** What a link reads or writes. */
export interface Place {
  readonly address: string;
  /** What a claim to it is signed for. */
  readonly audience: string;
  /** For messages: `topic "orders", partition 3`. */
  readonly what: string;
}

export type Query = Readonly<Record<string, string>>;

/** How long a connection waits: for its opening, and for each answer. */
export type Timeouts = Pick<EventHubsSettings, 'connectTimeoutMs' | 'requestTimeoutMs'>;

/**
 * One AMQP connection and its links, from its opening to its end: it is never opened again. It stands on the AMQP layer
 * below Microsoft's client, whose links say neither how much credit they grant nor that they are gone. Everything that
 * waits for an answer ends with the connection, and the connection ends when nothing comes any more.
 */
export class Connection {
  readonly #context: ConnectionContextBase;
  readonly #tokens: Tokens;
  readonly #refusals: Refusals;
  readonly #timeouts: Timeouts;
  readonly #ended = new AbortController();
  readonly #claims: Claims;
  /** Requests about hubs, by their addresses. */
  readonly #requests = new Map<string, Promise<Requests>>();
  #opening: Promise<void> | undefined;
  #silence: Silence | undefined;
  #standing: Standing | undefined;

  constructor(config: ConnectionConfig, tokens: Tokens, refusals: Refusals, timeouts: Timeouts) {
    this.#tokens = tokens;
    this.#refusals = refusals;
    this.#timeouts = timeouts;
    const { requestTimeoutMs: timeoutMs } = timeouts;
    this.#context = ConnectionContextBase.create({
      config,
      operationTimeoutInMs: timeoutMs,
      connectionProperties: { product: 'isostream', version: '0', userAgent: 'isostream' },
    });
    const { connection } = this.#context;
    // Every link begins with small frames that wait for each other's answers.
    Object.assign(connection.options, { tcp_no_delay: true });
    // One listener for each link.
    setMaxListeners(0, this.#ended.signal);
    onInput(connection, () => this.#silence?.heard());
    this.#claims = new Claims(connection, refusals, this.#ended.signal, timeoutMs);
    const end = (context: EventContext): void => {
      const error: unknown = context.connection.error ?? context.error;
      // What a socket says of its own end comes right behind the end.
      if (error === undefined) setImmediate(() => this.#end(undefined));
      else this.#end(error);
    };
    for (const event of [
      ConnectionEvents.disconnected,
      ConnectionEvents.connectionClose,
      ConnectionEvents.connectionError,
      ConnectionEvents.protocolError,
      ConnectionEvents.error,
    ])
      connection.on(event, end);
  }

  get isOver(): boolean {
    return this.#ended.signal.aborted;
  }

  /** Opens a reader. Throws what says why not; a reader with a higher owner level counts as `lease-lost`. */
  read(place: Place, options: ReaderOptions, signal: AbortSignal): Promise<Link<Receiver>> {
    const { connection } = this.#context;
    return this.#attach(place, signal, async (link: Link<Receiver>) => {
      const session = await connection.createSession();
      return session.createReceiver(readerOf(place.address, options, link, session));
    });
  }

  /** Opens a writer. Throws what says why not. */
  write(place: Place, signal: AbortSignal): Promise<Link<AwaitableSender>> {
    const { connection } = this.#context;
    return this.#attach(place, signal, async (link: Link<AwaitableSender>) =>
      connection.createAwaitableSender(writerOf(place.address, link)),
    );
  }

  /** What the service answers about a hub or a partition. Throws what says why not. */
  async ask({ address, audience, what }: Place, properties: Query, signal: AbortSignal): Promise<unknown> {
    const { signal: either, unlink } = linkedSignal([signal, this.#ended.signal]);
    try {
      const requests = await untilAborted(this.#requestsTo(address, audience), either);
      return (await requests.send(properties, Buffer.from('[]'), either)).body;
    } catch (thrown) {
      throw toStreamError(thrown, what);
    } finally {
      unlink();
    }
  }

  /** Proves address and credential. */
  async prove(audience: string, signal: AbortSignal): Promise<void> {
    const { signal: either, unlink } = linkedSignal([signal, this.#ended.signal]);
    try {
      await untilAborted(this.#claim(audience), either);
    } catch (thrown) {
      const error = toStreamError(thrown, 'the namespace');
      // Who we are was looked at; a namespace need not have anything at its root.
      if (!proofs.has(error.code)) return;
      // Whoever asks once wants to know, and not to wait.
      if (error.code === 'tls') throw new StreamError('tls', textOf(error), { where: 'event-hubs', cause: error });
      throw error;
    } finally {
      unlink();
    }
  }

  async close(): Promise<void> {
    // Whoever does not answer a goodbye is not waited for.
    await settledWithin(this.#context.connection.close(), 200, this.#ended.signal);
    this.#end(undefined);
  }

  #requestsTo(address: string, audience: string): Promise<Requests> {
    const known = this.#requests.get(address);
    if (known !== undefined) return known;
    const opening = this.#openRequests(address, audience);
    this.#requests.set(address, opening);
    // Whoever asks after they ended opens others.
    const forget = (): void => {
      if (this.#requests.get(address) === opening) this.#requests.delete(address);
    };
    void lifeOf(opening).then(forget);
    return opening;
  }

  async #openRequests(address: string, audience: string): Promise<Requests> {
    await this.#claim(audience);
    const standing = this.#refusals.standingOf(address);
    return Requests.open(
      this.#context.connection,
      address,
      standing,
      this.#ended.signal,
      this.#timeouts.requestTimeoutMs,
    );
  }

  async #attach<Native extends Receiver | AwaitableSender>(
    { address, audience, what }: Place,
    signal: AbortSignal,
    create: (link: Link<Native>) => Promise<Native>,
  ): Promise<Link<Native>> {
    const { signal: either, unlink } = linkedSignal([signal, this.#ended.signal]);
    try {
      const renewInMs = await untilAborted(this.#claim(audience), either);
      const link = new Link<Native>(this.#ended.signal, this.#refusals.standingOf(address));
      const opening = create(link);
      // Also if nobody waits any more.
      opening.then(
        (native) => link.opened(native),
        (error: unknown) => link.end(error),
      );
      await untilAborted(opening, either).catch((thrown: unknown) => {
        link.close();
        throw thrown;
      });
      this.#renewLater(audience, renewInMs, link);
      return link;
    } catch (thrown) {
      throw toStreamError(thrown, what);
    } finally {
      unlink();
    }
  }

  /** Resolves with the milliseconds after which it has to be made again. Opens the connection first, if it is not open. */
  async #claim(audience: string): Promise<number> {
    // Before anything is opened: who gives the tokens is not the service.
    const token = await untilAborted(this.#tokens(audience), this.#ended.signal);
    this.#opening ??= this.#open();
    await this.#opening;
    await untilAborted(this.#claims.claim(audience, token), this.#ended.signal);
    this.#standing?.used();
    return token.renewInMs;
  }

  /** Whoever takes connections and keeps silent is given up with all who wait. */
  async #open(): Promise<void> {
    const { connection } = this.#context;
    const { connectTimeoutMs, requestTimeoutMs } = this.#timeouts;
    const timer = setTimeout(
      () => this.#unanswered(`no connection to the namespace within ${connectTimeoutMs} ms`),
      connectTimeoutMs,
    );
    try {
      await untilAborted(connection.open(), this.#ended.signal);
    } catch (thrown) {
      await this.#neverOpened(thrown);
    } finally {
      clearTimeout(timer);
    }
    this.#standing = this.#refusals.standingOf('the connection');
    this.#silence = new Silence({
      timeoutMs: requestTimeoutMs,
      // A session is what every end of a connection has to answer, whoever asks and whatever it is allowed to do.
      ask: () => void this.#askAnything(),
      over: () => this.#unanswered(`the namespace did not answer within ${requestTimeoutMs} ms`),
    });
  }

  async #askAnything(): Promise<void> {
    try {
      const session = await this.#context.connection.createSession();
      await session.close();
    } catch {
      // Then silence says so.
    }
  }

  #unanswered(message: string): void {
    this.#end(new StreamError('timeout', message, { where: 'event-hubs', outcome: 'unknown' }));
  }

  /** Throws, with what the socket said where it did. */
  async #neverOpened(thrown: unknown): Promise<never> {
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    this.#end(thrown);
    throw abortedBy(this.#ended.signal);
  }

  #renewLater(audience: string, inMs: number, link: Link<Receiver | AwaitableSender>): void {
    const timer = setTimeout(() => void this.#renew(audience, link), Math.min(inMs, longestTimer));
    timer.unref();
    void link.ended.then(() => clearTimeout(timer));
  }

  /** If it keeps failing the service detaches the link when its claim runs out; then another one is opened. */
  async #renew(audience: string, link: Link<Receiver | AwaitableSender>): Promise<void> {
    const inMs = await this.#claim(audience).catch(() => renewAgainMs);
    if (!link.isOver) this.#renewLater(audience, inMs, link);
  }

  #end(error: unknown): void {
    if (this.isOver) return;
    const raw = toStreamError(error ?? closed, 'the connection was lost');
    const reason = this.#standing?.judge(raw) ?? raw;
    // Whatever ended it, known or not: the next one may stand.
    this.#ended.abort(reason.code === 'internal' ? lost(reason) : reason);
    this.#silence?.stop();
    abandon(this.#context.connection, reason);
  }
}

async function lifeOf(opening: Promise<Requests>): Promise<void> {
  try {
    const requests = await opening;
    await requests.ended;
  } catch {
    // Whoever waits for it is told.
  }
}

function lost(error: StreamError): StreamError {
  return new StreamError('unavailable', textOf(error), { where: 'event-hubs', cause: error, outcome: 'unknown' });
}

/** Without the name in front, which the next error puts there again. */
function textOf({ message, where }: StreamError): string {
  return message.slice(where.length + 2);
}
