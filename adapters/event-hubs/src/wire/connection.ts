import { StreamError, untilAborted } from '@isostream/core/adapter';
import { type ConnectionConfig, ConnectionContextBase } from '@azure/core-amqp';
import { ConnectionEvents, type EventContext, type Receiver, types } from 'rhea-promise';
import { randomUUID } from 'node:crypto';
import { toStreamError } from '../errors.ts';
import { Link, type LinkOptions } from './link.ts';
import type { Tokens } from './tokens.ts';

const longestTimer = 2 ** 31 - 1;
const selector = 'apache.org:selector-filter:string';
const selectorCode = 0x468c00000004;

/**
 * One AMQP connection with readers on it, from its opening to its end: it is never opened again. It stands on the AMQP
 * layer below Microsoft's client, whose own readers give no account of the credit that they grant.
 */
export class Connection {
  readonly #context: ConnectionContextBase;
  readonly #tokens: Tokens;
  readonly #timeoutMs: number;
  readonly #ended = new AbortController();
  #claims: Promise<unknown> = Promise.resolve();

  constructor(config: ConnectionConfig, tokens: Tokens, timeoutMs: number) {
    this.#tokens = tokens;
    this.#timeoutMs = timeoutMs;
    this.#context = ConnectionContextBase.create({
      config,
      operationTimeoutInMs: timeoutMs,
      connectionProperties: { product: 'isostream', version: '0', userAgent: 'isostream' },
    });
    const { connection } = this.#context;
    const end = (context: EventContext): void => this.#end(context.connection.error ?? context.error);
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
  async read(options: LinkOptions, signal: AbortSignal): Promise<Link> {
    const either = AbortSignal.any([signal, this.#ended.signal]);
    try {
      const renewInMs = await untilAborted(this.#claim(options.audience), either);
      const link = await this.#open(options, either);
      this.#renewLater(options.audience, renewInMs, link);
      return link;
    } catch (thrown) {
      throw toStreamError(thrown, options.what);
    }
  }

  /** Proves address and credential. */
  async prove(audience: string, signal: AbortSignal): Promise<void> {
    try {
      await untilAborted(this.#claim(audience), AbortSignal.any([signal, this.#ended.signal]));
    } catch (thrown) {
      throw toStreamError(thrown, 'the namespace');
    }
  }

  async close(): Promise<void> {
    const { connection } = this.#context;
    const closed = connection.close().catch(() => undefined);
    // Whoever does not answer a goodbye is not waited for.
    await untilAborted(closed, AbortSignal.any([this.#ended.signal, AbortSignal.timeout(1_000)])).catch(
      () => undefined,
    );
    this.#end(undefined);
  }

  async #open({ address, filter, ownerLevel, reader, onMessage }: LinkOptions, signal: AbortSignal): Promise<Link> {
    const link = new Link(this.#ended.signal);
    const opening: Promise<Receiver> = this.#context.connection.createReceiver({
      name: `${address}-${randomUUID()}`,
      autoaccept: true,
      credit_window: 0,
      target: reader,
      source: { address, filter: { [selector]: types.wrap_described(filter, selectorCode) } },
      properties: {
        'com.microsoft:receiver-name': reader,
        ...(ownerLevel === undefined ? {} : { 'com.microsoft:epoch': types.wrap_long(ownerLevel) }),
      },
      desired_capabilities: ['com.microsoft:georeplication'],
      onMessage: ({ message }) => {
        if (message !== undefined) onMessage(message);
      },
      onError: ({ receiver }) => link.end(receiver?.error),
      onClose: ({ receiver }) => link.end(receiver?.error),
      onSessionError: ({ session }) => link.end(session?.error),
      onSessionClose: ({ session }) => link.end(session?.error),
    });
    // Also if nobody waits any more.
    opening.then(
      (receiver) => link.opened(receiver),
      () => undefined,
    );
    try {
      await untilAborted(opening, signal);
      return link;
    } catch (thrown) {
      link.close();
      throw thrown;
    }
  }

  /** The first claim opens the connection. One after the other: their answers share a link. */
  #claim(audience: string): Promise<number> {
    const turn = this.#claims.then(async () => {
      const { cbsSession } = this.#context;
      const timeoutInMs = this.#timeoutMs;
      try {
        await cbsSession.init({ timeoutInMs });
      } catch (thrown) {
        this.#end(thrown);
        throw thrown;
      }
      const { text, type, renewInMs } = await this.#tokens(audience);
      await cbsSession.negotiateClaim(audience, text, type, { timeoutInMs });
      return renewInMs;
    });
    this.#claims = turn.catch(() => undefined);
    return turn;
  }

  #renewLater(audience: string, inMs: number, link: Link): void {
    const timer = setTimeout(
      () => {
        // If it fails the service detaches the link when its claim runs out; then another one is opened.
        this.#claim(audience).then(
          (renewInMs) => {
            if (!link.isOver) this.#renewLater(audience, renewInMs, link);
          },
          () => undefined,
        );
      },
      Math.min(inMs, longestTimer),
    );
    timer.unref();
    void link.ended.then(() => clearTimeout(timer));
  }

  #end(error: unknown): void {
    if (this.isOver) return;
    const reason =
      error === undefined
        ? new StreamError('unavailable', 'the connection was closed', { where: 'event-hubs' })
        : toStreamError(error, 'the connection was lost');
    this.#ended.abort(reason);
  }
}
