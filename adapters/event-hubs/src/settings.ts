import { shown, StreamError, toBytes } from '@isostream/core/adapter';
import {
  isNamedKeyCredential,
  isSASCredential,
  isTokenCredential,
  type NamedKeyCredential,
  type SASCredential,
  type TokenCredential,
} from '@azure/core-auth';
import { parseEventHubConnectionString, type WebSocketOptions } from '@azure/event-hubs';
import type { EventHubsManagement } from './client/management.ts';
import { type CheckpointStorage, type EventHubsOptions, takeDeclared } from './options.ts';

/** What proves who we are: one of the two forms that tokens are made from. */
export type Identity =
  | { readonly connectionString: string }
  | { readonly namespace: string; readonly credential: TokenCredential | NamedKeyCredential | SASCredential };

/** Options in plain units, defaults filled in. */
export interface EventHubsSettings {
  readonly identity: Identity;
  /** The hub that a connection string is bound to. */
  readonly onlyHub: string | undefined;
  readonly checkpoints: CheckpointStorage | undefined;
  readonly consumerGroup: (group: string) => string;
  readonly readerConsumerGroup: string;
  readonly management: EventHubsManagement | undefined;
  readonly customEndpointAddress: string | undefined;
  readonly webSocketOptions: WebSocketOptions | undefined;
  readonly sessionTimeoutMs: number;
  readonly discoveryMs: number;
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly prefetchEvents: number;
  readonly prefetchBytes: number;
}

/** Throws `invalid-config` that names the option. */
export function resolveOptions(options: EventHubsOptions): EventHubsSettings {
  const taken = takeDeclared(options);
  const { consumerGroup = (group) => group, prefetch = {}, checkpoints } = options;
  if (typeof consumerGroup !== 'function')
    throw invalid('consumerGroup is not a function. Give a function from group name to consumer group name');
  const prefetchEvents = prefetch.events ?? 1_000;
  if (!Number.isInteger(prefetchEvents) || prefetchEvents < 1)
    throw invalid(`prefetch.events is ${shown(prefetch.events)}. Give a whole number of 1 or more`);
  if (checkpoints !== undefined) checkStorage(checkpoints);
  checkEndpoint(options.customEndpointAddress);
  return {
    ...identityOf(options),
    checkpoints,
    consumerGroup,
    readerConsumerGroup: taken.readerConsumerGroup,
    management: options.management,
    customEndpointAddress: options.customEndpointAddress,
    webSocketOptions: options.webSocketOptions,
    sessionTimeoutMs: taken.sessionTimeout,
    discoveryMs: taken.discovery,
    connectTimeoutMs: taken.connectTimeout,
    requestTimeoutMs: taken.requestTimeout,
    prefetchEvents,
    prefetchBytes: toBytes(prefetch.bytes ?? '1mb', 'prefetch.bytes'),
  };
}

function identityOf(options: EventHubsOptions): Pick<EventHubsSettings, 'identity' | 'onlyHub'> {
  const { connectionString, fullyQualifiedNamespace: namespace, credential } = options;
  if (connectionString !== undefined) {
    if (namespace !== undefined || credential !== undefined)
      throw invalid(
        'connectionString is given together with fullyQualifiedNamespace or credential. Give one or the other',
      );
    try {
      const { eventHubName } = parseEventHubConnectionString(connectionString);
      return { identity: { connectionString }, onlyHub: eventHubName };
    } catch {
      // Without the cause, which may quote what it could not read.
      throw invalid(
        "connectionString is not a valid connection string. Give 'Endpoint=sb://…;SharedAccessKeyName=…;SharedAccessKey=…'",
      );
    }
  }
  if (namespace === undefined)
    throw invalid('no namespace. Give connectionString, or fullyQualifiedNamespace and credential');
  if (!/^[A-Za-z0-9.-]+$/.test(namespace))
    throw invalid(
      `fullyQualifiedNamespace is ${shown(namespace)}, not a host name. Give 'name.servicebus.windows.net'`,
    );
  if (!isTokenCredential(credential) && !isNamedKeyCredential(credential) && !isSASCredential(credential))
    throw invalid('credential is missing. Give one of @azure/identity, such as new DefaultAzureCredential()');
  return { identity: { namespace, credential }, onlyHub: undefined };
}

/** The form that Azure's clients take; a user or password in it would be sent to nobody and shown to everybody. */
function checkEndpoint(address: string | undefined): void {
  if (address === undefined || /^(?:sb|https?|amqps?):\/\/(?:[\w.-]+|\[[\da-f:]+\])(?::\d{1,5})?\/?$/i.test(address))
    return;
  throw invalid(`customEndpointAddress is ${shown(address)}, not an address. Give 'sb://host' or 'sb://host:port'`);
}

function checkStorage(storage: CheckpointStorage): void {
  const isGiven =
    ('url' in storage && typeof storage.url === 'string' && typeof storage.credential === 'object') ||
    ('connectionString' in storage &&
      typeof storage.connectionString === 'string' &&
      typeof storage.container === 'string') ||
    ('container' in storage && typeof storage.container === 'object');
  if (!isGiven)
    throw invalid(
      'checkpoints must be one of { container: ContainerClient }, { connectionString, container }, { url, credential }',
    );
}

function invalid(message: string): StreamError {
  return new StreamError('invalid-config', message, { where: 'event-hubs' });
}
