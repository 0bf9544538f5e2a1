import { ConnectionConfig } from '@azure/core-amqp';
import type { EventHubsSettings, Identity } from '../options.ts';
import { Connection } from './connection.ts';
import type { Link, LinkOptions } from './link.ts';
import { tokensOf } from './tokens.ts';

/** What a reader is to read, in the words of this service. */
export interface ReadOptions extends Pick<LinkOptions, 'filter' | 'ownerLevel' | 'reader' | 'onMessage'> {
  readonly hub: string;
  readonly consumerGroup: string;
  readonly partition: string;
}

/** Readers of one source or one lookup: they share a connection, and get another one when it is lost. */
export class Wire {
  readonly #settings: EventHubsSettings;
  #connection: Connection | undefined;

  constructor(settings: EventHubsSettings) {
    this.#settings = settings;
  }

  read({ hub, consumerGroup, partition, ...options }: ReadOptions, signal: AbortSignal): Promise<Link> {
    const address = `${hub}/ConsumerGroups/${consumerGroup}/Partitions/${partition}`;
    const { endpoint } = configOf(this.#settings);
    const what = `topic "${hub}", partition ${partition}`;
    return this.#connected().read({ ...options, what, address, audience: `${endpoint}${address}` }, signal);
  }

  /** Opens a connection and claims the namespace, or the hub that the connection string is bound to. */
  prove(signal: AbortSignal): Promise<void> {
    return this.#connected().prove(`${configOf(this.#settings).endpoint}${this.#settings.onlyHub ?? ''}`, signal);
  }

  async close(): Promise<void> {
    await this.#connection?.close();
  }

  #connected(): Connection {
    if (this.#connection === undefined || this.#connection.isOver)
      this.#connection = new Connection(
        configOf(this.#settings),
        tokensOf(this.#settings.identity),
        this.#settings.requestTimeoutMs,
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
