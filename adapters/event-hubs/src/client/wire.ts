import { StreamError } from '@isostream/core/adapter';
import { ConnectionConfig } from '@azure/core-amqp';
import type { Receiver } from 'rhea-promise';
import type { EventHubsSettings, Identity } from '../settings.ts';
import { Connection, type Place } from './connection.ts';
import type { Link } from './link.ts';
import type { ReaderOptions } from './reader.ts';
import { isTakenBack, Refusals } from './refusals.ts';
import { tokensOf } from './tokens.ts';
import { Writer } from './writer.ts';

/** What a reader is to read, in the words of this service. */
export interface ReadOptions extends ReaderOptions {
  readonly hub: string;
  readonly consumerGroup: string;
  readonly partition: string;
}

/** Links of one user of the namespace: they share a connection, and get another one when it is lost. */
export class Wire {
  readonly #settings: EventHubsSettings;
  /** Also of connections before. */
  readonly #refusals = new Refusals();
  #connection: Connection | undefined;
  #isClosed = false;

  constructor(settings: EventHubsSettings) {
    this.#settings = settings;
  }

  async read({ hub, consumerGroup, partition, ...options }: ReadOptions, signal: AbortSignal): Promise<Link<Receiver>> {
    const address = `${hub}/ConsumerGroups/${consumerGroup}/Partitions/${partition}`;
    return this.#connected().read(this.#place(address, hub, partition), options, signal);
  }

  async write(hub: string, partition: string, signal: AbortSignal): Promise<Writer> {
    const place = this.#place(`${hub}/Partitions/${partition}`, hub, partition);
    const link = await this.#connected().write(place, signal);
    return new Writer(link, place.what, this.#settings.requestTimeoutMs);
  }

  /** What a hub is, or a partition of it. */
  async ask(hub: string, partition: string | undefined, signal: AbortSignal): Promise<unknown> {
    const address = `${hub}/$management`;
    const type = partition === undefined ? 'com.microsoft:eventhub' : 'com.microsoft:partition';
    const { endpoint } = configOf(this.#settings);
    const audience = `${endpoint}${address}`;
    const { text } = await tokensOf(this.#settings.identity, this.#settings.requestTimeoutMs)(audience);
    const query = {
      operation: 'READ',
      name: hub,
      type,
      security_token: text,
      ...(partition === undefined ? {} : { partition }),
    };
    const place = { address, audience, what: `topic "${hub}"` };
    try {
      return await this.#connected().ask(place, query, signal);
    } catch (thrown) {
      if (signal.aborted || !isTakenBack(thrown)) throw thrown;
      // What is asked changes nothing.
      return this.#connected().ask(place, query, signal);
    }
  }

  /** Opens a connection and claims the namespace, or the hub that the connection string is bound to. */
  prove(signal: AbortSignal): Promise<void> {
    return this.#connected().prove(`${configOf(this.#settings).endpoint}${this.#settings.onlyHub ?? ''}`, signal);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#connection?.close();
  }

  #place(address: string, hub: string, partition: string): Place {
    const { endpoint } = configOf(this.#settings);
    return { address, audience: `${endpoint}${address}`, what: `topic "${hub}", partition ${partition}` };
  }

  #connected(): Connection {
    if (this.#isClosed) throw new StreamError('closed', 'the adapter was closed', { where: 'event-hubs' });
    if (this.#connection === undefined || this.#connection.isOver)
      this.#connection = new Connection(
        configOf(this.#settings),
        tokensOf(this.#settings.identity, this.#settings.requestTimeoutMs),
        this.#refusals,
        this.#settings,
      );
    return this.#connection;
  }
}

/** The host by which checkpoints are filed: as Microsoft's clients have it. */
export function hostOf(settings: EventHubsSettings): string {
  return configOf(settings).host;
}

function configOf({ identity, customEndpointAddress, webSocketOptions }: EventHubsSettings): ConnectionConfig {
  const config = ConnectionConfig.create(connectionStringOf(identity));
  if (customEndpointAddress !== undefined) {
    const { hostname, port } = new URL(customEndpointAddress.replace(/^sb:/, 'amqps:'));
    config.amqpHostname = config.host;
    config.host = hostname;
    if (port !== '') config.port = Number(port);
  }
  if (webSocketOptions?.webSocket !== undefined) {
    config.webSocket = webSocketOptions.webSocket;
    config.webSocketEndpointPath = '$servicebus/websocket';
    // oxlint-disable-next-line typescript/no-unsafe-assignment -- passed on as it is, and typed like that on both sides
    config.webSocketConstructorOptions = webSocketOptions.webSocketConstructorOptions;
  }
  return config;
}

/** The AMQP layer takes addresses in this form only; name and key stand for nothing where tokens come from a credential. */
function connectionStringOf(identity: Identity): string {
  if ('connectionString' in identity) return identity.connectionString;
  return `Endpoint=sb://${identity.namespace}/;SharedAccessKeyName=none;SharedAccessKey=none`;
}
