import type { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import { type FrameWriter, writeFullFrames } from './full-frames.ts';
import rhea, { type AmqpError, type Container, type Delivery } from 'rhea';

/** What rhea's links have and its types leave out or call `any`. */
export interface Link extends EventEmitter {
  readonly name: string;
  readonly connection: { _register(): void };
  readonly session: Session;
  readonly source: { readonly address?: unknown; readonly filter?: unknown } | undefined;
  readonly target: { readonly address?: unknown } | undefined;
  readonly properties: Readonly<Record<string, unknown>> | undefined;
  readonly desired_capabilities: unknown;
  readonly snd_settle_mode: number | undefined;
  readonly local: { readonly attach: Record<string, unknown> };
  credit: number;
  delivery_count: number;
  set_source(fields: object): void;
  set_target(fields: object): void;
  is_open(): boolean;
  has_credit(): boolean;
  close(error?: AmqpError): void;
}

export interface ServerSender extends Link {
  send(bytes: Buffer, tag: undefined, format: number): Delivery;
  set_drained(drained: boolean): void;
}

export interface ServerReceiver extends Link {
  add_credit(credit: number): void;
}

export interface Connection {
  readonly socket: { destroy(error: Error): void };
  close(error?: AmqpError): void;
}

export interface Session extends EventEmitter {
  readonly local: { readonly begin: Record<string, unknown> };
  readonly outgoing: { available(): number };
  readonly incoming: { process(session: Session): void };
  on_transfer(frame: { readonly performative: { message_format?: number } }): void;
}

/** What rhea hands to listeners. */
export interface Context {
  readonly connection: Connection;
  readonly session: Session;
  readonly sender: ServerSender;
  readonly receiver: ServerReceiver;
  readonly delivery: Delivery;
  readonly message: Buffer;
}

/** Lets rhea serve a connection that came in. */
export function acceptSocket(container: Container, stream: Duplex): void {
  const connection: unknown = container.create_connection({
    ...{ port: 0 },
    max_frame_size: 65_536,
    channel_max: 4_999,
    idle_time_out: 240_000,
    // Ours to settle and to give credit for.
    receiver_options: { ...{ autoaccept: false }, credit_window: 0 },
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what rhea's own `listen` calls, and its types leave out
  const server = connection as FrameWriter & { accept(socket: Duplex): void };
  writeFullFrames(server);
  server.accept(stream);
}

/** Every message stays bytes: rhea would decode and re-type those of format 0. */
const rawFormat = 0x7f_00_00_00;

/** A container whose listeners get {@link Context}; rhea decodes no message that arrives. */
export function createContainer(id: string): Container {
  const container = rhea.create_container({ id });
  container.on('session_open', ({ session }: Context) => {
    keepMessagesRaw(session);
    session.local.begin['handle_max'] = 255;
    session.local.begin['properties'] = {};
  });
  return container;
}

function keepMessagesRaw(session: Session): void {
  const original = session.on_transfer.bind(session);
  session.on_transfer = (frame) => {
    const { performative } = frame;
    if (
      performative.message_format === undefined ||
      performative.message_format === null ||
      performative.message_format === 0
    )
      performative.message_format = rawFormat;
    original(frame);
  };
}

/** The format that the sender gave: 0 where rhea was told another. */
export function formatOf(delivery: Delivery): number {
  return delivery.format === rawFormat ? 0 : delivery.format;
}

/**
 * Settles with an outcome of its own. rhea writes neighbouring dispositions of one turn as one, with the state of the
 * first, so what waits is written before and this one at once.
 */
export function rejectDelivery(session: Session, delivery: Delivery, error: AmqpError): void {
  session.incoming.process(session);
  delivery.reject(error);
  session.incoming.process(session);
}

export function amqpError(condition: string, description: string): AmqpError {
  // Named, it is written as null: see `writeFullFrames`.
  return { condition, description, info: undefined };
}

/** Answers an attach with the client's own source and target: clients take a missing one for a refusal. */
export function echoAddresses(link: Link): void {
  link.set_source({
    ...addressOf(link.source),
    ...(link.source?.filter === undefined ? {} : { filter: link.source.filter }),
  });
  link.set_target(addressOf(link.target));
  link.local.attach['properties'] = {};
}

function addressOf(terminus: { readonly address?: unknown } | undefined): object {
  return typeof terminus?.address === 'string' ? { address: terminus.address } : {};
}

/** What the client asks the link to be able to do. */
export function capabilitiesOf(link: Link): string[] {
  const wanted: unknown[] = Array.isArray(link.desired_capabilities)
    ? link.desired_capabilities
    : [link.desired_capabilities];
  return wanted.filter((name) => typeof name === 'string');
}

/** A number among the properties of the client's attach; `undefined` where it is absent, null or no number. */
export function integerProperty(link: Link, name: string): number | undefined {
  const value = link.properties?.[name];
  return typeof value === 'number' ? value : undefined;
}

/**
 * Runs that when what was attached in this turn has been written, unless the link is gone by then: rhea writes transfers
 * of a turn in front of attaches, and a client may give credit or ask in the very turn in which it attaches.
 */
export function onceAttached(link: Link, action: () => void): void {
  setImmediate(() => {
    if (link.is_open()) action();
  });
}

/** Ends a link. What it still had to send stays: rhea would send it behind the end as soon as the peer has room. */
export function endLink(link: Link, error: AmqpError): void {
  link.has_credit = () => false;
  link.close(error);
}

/** Gives up the credit that is left, as a client asked that drains a link. */
export function giveUpCredit(link: ServerSender): void {
  link.set_drained(true);
  // Only something to write makes rhea look whether there is.
  link.connection['_register']();
}
