import {
  type Duration,
  type Size,
  shown,
  StreamError,
  toBytes,
  type DeclarationOf,
  type DeclaredOptions,
  option,
  takeOptions,
} from '@isostream/core/adapter';
import {
  isNamedKeyCredential,
  isSASCredential,
  isTokenCredential,
  type NamedKeyCredential,
  type SASCredential,
  type TokenCredential,
} from '@azure/core-auth';
import { parseEventHubConnectionString, type WebSocketOptions } from '@azure/event-hubs';
import type { ContainerClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import type { EventHubsManagement } from './management.ts';

/** Where groups keep their leases and positions: one container of Azure Blob Storage. It is made if it is not there. */
export type CheckpointStorage =
  | { readonly container: ContainerClient }
  | { readonly connectionString: string; readonly container: string }
  /** `url` is that of the container. */
  | { readonly url: string; readonly credential: TokenCredential | StorageSharedKeyCredential };

export interface EventHubsOptions {
  /** Of the namespace, or of one hub in it; or {@link EventHubsOptions.fullyQualifiedNamespace} and a credential. */
  readonly connectionString?: string;
  /** `name.servicebus.windows.net`. */
  readonly fullyQualifiedNamespace?: string;
  readonly credential?: TokenCredential | NamedKeyCredential | SASCredential;
  /** Needed by consumers. */
  readonly checkpoints?: CheckpointStorage;
  /** The Event Hubs consumer group of a group, which no other group may share. Default: of the group's own name. */
  readonly consumerGroup?: (group: string) => string;
  /** Where replays and lag are read, which no group may use. Default `$Default`. */
  readonly readerConsumerGroup?: string;
  /** Hubs and consumer groups are created and changed by this; without it the error says the command that does it. */
  readonly management?: EventHubsManagement;
  /** Another address than the namespace's own: a private link, a gateway. */
  readonly customEndpointAddress?: string;
  /** AMQP over WebSockets (port 443), also through a proxy: as @azure/event-hubs has them. */
  readonly webSocketOptions?: WebSocketOptions;
  /** How long a silent member keeps its partitions. Default 10 s. */
  readonly sessionTimeout?: Duration;
  /** How often a topic's partitions are listed. Default 1 min. */
  readonly discovery?: Duration;
  /** Until a request, or a batch that is being sent, counts as unanswered, and a silent connection as gone. Default 10 s. */
  readonly requestTimeout?: Duration;
  /** What lies ready for one partition at most; bytes by the size of the events before. Default 1,000 events, 1 MB. */
  readonly prefetch?: { readonly events?: number; readonly bytes?: Size };
}

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
  readonly requestTimeoutMs: number;
  readonly prefetchEvents: number;
  readonly prefetchBytes: number;
}

const declared = {
  connectionString: option.given<string>({
    isSecret: true,
    shownDefault: 'required, or `fullyQualifiedNamespace` and `credential`',
    doc: 'of the namespace, or of one hub: then every other topic is refused',
  }),
  fullyQualifiedNamespace: option.given<string>({
    shownDefault: 'see `connectionString`',
    doc: 'instead of `connectionString`: `name.servicebus.windows.net`',
  }),
  credential: option.given<NonNullable<EventHubsOptions['credential']>>({
    isSecret: true,
    shownDefault: 'see `connectionString`',
    doc: 'with `fullyQualifiedNamespace`: a `TokenCredential`, `NamedKeyCredential` or `SASCredential`',
  }),
  checkpoints: option.given<CheckpointStorage>({
    isSecret: true,
    shownDefault: 'none',
    doc: 'where groups keep leases and positions: `{ url, credential }` or `{ connectionString, container }` of a container, or `{ container }` with a `ContainerClient`. Consumers need it. The container is created if it does not exist',
  }),
  consumerGroup: option.given<(group: string) => string>({
    shownDefault: "the group's own name",
    doc: "from a group's name to that of its Event Hubs consumer group",
  }),
  readerConsumerGroup: option.text({
    byDefault: '$Default',
    doc: 'where replays, tail and lag are read; no group may use it',
  }),
  management: option.given<EventHubsManagement>({
    isSecret: true,
    shownDefault: 'none',
    doc: 'creates and changes hubs and consumer groups: see [below](#hubs-and-consumer-groups)',
  }),
  customEndpointAddress: option.given<string>({
    shownDefault: "the namespace's own",
    doc: '`sb://host:port` of a private link or gateway',
  }),
  webSocketOptions: option.given<WebSocketOptions>({
    isSecret: true,
    shownDefault: 'AMQP over TCP',
    doc: 'as @azure/event-hubs takes them: port 443, proxies',
  }),
  sessionTimeout: option.duration({ byDefault: '10s', doc: 'how long a silent member keeps its partitions' }),
  discovery: option.duration({ byDefault: '1m', doc: "how often a hub's partitions are listed" }),
  requestTimeout: option.duration({
    byDefault: '10s',
    doc: 'until a request, or a batch that is being sent, counts as unanswered, and until a silent connection is [closed](#operating-it)',
  }),
  prefetch: option.given<NonNullable<EventHubsOptions['prefetch']>>({
    shownDefault: "`{ events: 1_000, bytes: '1mb' }`",
    doc: 'maximum prefetched from one partition; bytes are estimated from the size of earlier events',
  }),
} satisfies DeclarationOf<EventHubsOptions>;

/** The options of `createEventHubs` as they are declared, for docs and tools. */
export const eventHubsOptions: DeclaredOptions = declared;

/** Names that options had. */
const renamed: Readonly<Record<string, string>> = { lease: 'sessionTimeout' };

/** Throws `invalid-config` that names the option. */
export function resolveOptions(options: EventHubsOptions): EventHubsSettings {
  const taken = takeOptions(declared, options, { where: 'event-hubs', renamed });
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
